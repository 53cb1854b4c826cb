"""Every objective, and the engine's step, on a device that is not the processor."""

import copy

import pytest
import torch

from tests.training.elsewhere import DEVICE, Elsewhere, there
from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.objectives import Views, needs_of, objectives
from tuningfork.training import Devices, EngineSettings
from tuningfork.training.loop import Learner

SHAPE = LVMShape(width=16, depths=(1, 2, 1, 1), heads=(1, 2, 2, 4), drop_path=0.2, skips="gated")


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x + torch.ones(3),
        lambda x: x.numpy(),
        lambda x: torch.cat([x, torch.zeros(3)]),
        lambda x: x * torch.ones(3, dtype=torch.float64, device=x.device),
    ],
)
def test_the_pretended_device_refuses_what_a_card_does(mistake):
    with Elsewhere(), pytest.raises((RuntimeError, TypeError)):
        mistake(torch.rand(3).to(DEVICE))


def test_numbers_go_there_and_back():
    x = torch.rand(4)
    with Elsewhere():
        assert torch.equal(x.to(DEVICE).mul(2).cpu(), 2 * x)
    assert there(x).device == DEVICE


def _objective(name, network, dim):
    if not needs_of(name).teacher:
        return objectives.get(name)(network, dim, 3)
    from tuningfork.encoders import load_encoder
    from tuningfork.objectives.teacher import Teacher

    encoder = load_encoder("timm:test_resnet:untrained")
    sample = torch.randn(40, encoder.spec.dim)
    return objectives.get(name)(network, dim, 3, teacher=Teacher(encoder, sample, dim), size=32)


@pytest.mark.training
@pytest.mark.parametrize("name", list(objectives))
def test_two_steps_on_another_device(name, monkeypatch):
    """Forwards, backwards, clipping, the optimiser, the average, a checkpoint; then what is painted."""
    torch.manual_seed(0)
    network = LVM(SHAPE)
    objective = _objective(name, network, SHAPE.dim)
    beside = objective if isinstance(objective, torch.nn.Module) else None
    devices = Devices(1, "cpu", "fp32")
    devices.fabric.strategy._root_device = DEVICE
    monkeypatch.setattr(devices.fabric.strategy.accelerator, "setup_device", lambda device: None)
    monkeypatch.setattr(devices.fabric, "_validate_setup_optimizers", lambda optimizers: None)
    settings = EngineSettings(epochs=1, precision="fp32")
    with Elsewhere():
        learner = Learner(network, copy.deepcopy(network), beside, objective, settings, 2, devices)
        for _ in range(2):
            views = Views(*(torch.rand(8, 3, 32, 32).to(DEVICE) for _ in range(3)))
            learner.learn(views, feed=_NoFeed())
        assert {p.device for p in learner.averaged.parameters()} == {DEVICE}
        assert learner.means()["loss"] > 0
        if hasattr(objective, "paint"):
            objective.eval()
            with torch.no_grad():
                given, painted = objective.paint(learner.averaged, views)
            assert (given.device, painted.device) == (DEVICE, DEVICE)


class _NoFeed:
    waited = 0.0
