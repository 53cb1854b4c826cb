"""torch.compile in a training: the same numbers, the same tensors, and what happens without a compiler."""

from functools import partial

import torch

from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.training import compiling

TINY = LVMShape(width=8, depths=(1, 1), heads=(1, 2), window=4, local=False, stem="paper")
CPU = torch.device("cpu")


def test_without_a_compiler_one_line_is_said_and_nothing_is_changed(monkeypatch):
    def no_compiler(*_, **__):
        raise RuntimeError("Failed to find C++ compiler.\nPlease specify one of them via CXX.\n")

    monkeypatch.setattr(torch, "compile", no_compiler)
    network, said = LVM(TINY), []
    assert not compiling.compile_network(network, CPU, said.append)
    assert said == [
        "torch.compile does not work here (RuntimeError: Failed to find C++ compiler.): going on without"
    ]
    assert "maps" not in vars(network.encoder)
    assert network(torch.rand(1, 3, 16, 16)).shape == (1, TINY.dim)


def test_a_compiled_network_gives_the_same_numbers_and_gradients(monkeypatch):
    """Traced and run as it is: what a compiler of C++ makes of it takes half a minute, and is torch's own."""
    traced = []

    def backend(graph, _):
        traced.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    torch.manual_seed(0)
    network, plain, said, found = LVM(TINY).train(), LVM(TINY).train(), [], []
    plain.load_state_dict(network.state_dict())
    names = list(network.state_dict())
    assert compiling.compile_network(network, CPU, said.append)
    assert said == []
    assert list(network.state_dict()) == names
    x = torch.rand(2, 3, 16, 16)
    for each in (plain, network):
        del traced[:]
        painted = each.decoder(each.maps(x))
        (painted.square().mean() + each(x).square().mean()).backward()
        found.append((painted.detach(), [p.grad for p in each.parameters() if p.grad is not None]))
        # maps and decoder; an embedding takes the same maps
        assert len(traced) == (2 if each is network else 0)
    torch.testing.assert_close(*found, atol=1e-5, rtol=1e-3)
