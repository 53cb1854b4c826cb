import math

import pytest
import torch

from tuningfork.encoders import load_encoder
from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.errors import UnknownNameError
from tuningfork.objectives import Views, needs_of, objectives
from tuningfork.objectives.teacher import Teacher

SMALL = LVMShape(width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4))


def slow_nt_xent(one, other, temperature):
    """Equation 1 of SimCLR, pair by pair."""
    z = torch.nn.functional.normalize(torch.cat([one, other]), dim=1).tolist()
    n, total = len(one), 0.0
    for i in range(2 * n):
        partner = (i + n) % (2 * n)
        likeness = [
            math.exp(sum(a * b for a, b in zip(z[i], z[j], strict=True)) / temperature) for j in range(2 * n)
        ]
        total -= math.log(likeness[partner] / (sum(likeness) - likeness[i]))
    return total / (2 * n)


def test_contrastive_is_the_papers_equation():
    torch.manual_seed(0)
    objective = objectives.get("contrastive")(torch.nn.Identity(), 6, 3)
    one, other = torch.randn(5, 6), torch.randn(5, 6)
    projected = objective.project(torch.cat([one, other])).chunk(2)
    loss = objective.from_embeddings(one, other)
    assert loss.item() == pytest.approx(slow_nt_xent(*(p.detach() for p in projected), 0.2), rel=1e-5)


def taught(name, dim):
    """What an objective with a teacher asks for beside the network."""
    if not needs_of(name).teacher:
        return {}
    encoder = load_encoder("timm:test_resnet:untrained")
    block = encoder.spec.size // 4
    sample = torch.randn(40, 3, 4, 4).repeat_interleave(block, 2).repeat_interleave(block, 3)
    return {"teacher": Teacher(encoder, encoder.embed(sample), dim), "size": 32}


@pytest.mark.training
@pytest.mark.parametrize("name", list(objectives))
def test_the_loss_falls_on_eight_galaxies(name):
    torch.manual_seed(0)
    network = LVM(SMALL)
    objective = objectives.get(name)(network, SMALL.dim, 3, **taught(name, SMALL.dim))
    clean = torch.rand(8, 3, 4, 4).repeat_interleave(8, 2).repeat_interleave(8, 3)
    one, other = (clean + 0.3 * torch.randn_like(clean) for _ in range(2))
    trained = [p for p in [*network.parameters(), *objective.parameters()] if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, 2e-3)
    # of 4,096 prototypes the loss is 8.3 to begin with, and it falls as slowly as the average moves
    losses, share = [], 0.95 if name == "self-distillation" else 0.8
    while len(losses) < 25 and not (len(losses) >= 8 and max(losses[-2:]) < share * losses[0]):
        loss, parts = objective(network, Views(one, other, clean))
        assert all(math.isfinite(v) for v in parts.values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < share * losses[0]
    assert parts.get("spread", 1) > 0.03  # galaxies do not get one and the same answer


def test_an_unknown_objective_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="contrastive"):
        objectives.get("contrastiv")


def test_simclr_is_the_same_equation_at_its_own_temperature():
    torch.manual_seed(0)
    objective = objectives.get("simclr")(torch.nn.Identity(), 6, 3)
    one, other = torch.randn(5, 6), torch.randn(5, 6)
    projected = objective.project(torch.cat([one, other])).chunk(2)
    loss = objective.from_embeddings(one, other)
    assert loss.item() == pytest.approx(slow_nt_xent(*(p.detach() for p in projected), 0.5), rel=1e-5)


class Painter(torch.nn.Module):
    """Paints what it was given, times a number; keeps what it saw."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(0.5))

    def maps(self, x):
        self.seen = x
        return [x]

    def decoder(self, maps):
        self.painted = maps[0] * self.gain
        self.painted.retain_grad()
        return self.painted


def test_what_is_shown_to_the_network():
    clean, one = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    seen = {}
    for name in ("reconstruction", "degraded"):
        network = Painter()
        loss, _ = objectives.get(name)(network, 3, 3)(network, Views(one, one, clean))
        seen[name] = network.seen
        assert loss.item() == pytest.approx((network.painted - clean).square().mean().item())
    assert seen["reconstruction"] is clean
    assert seen["degraded"] is one


def test_a_masked_loss_ignores_what_was_visible_and_hides_the_rest():
    torch.manual_seed(0)
    network, clean = Painter(), torch.rand(4, 3, 64, 64)
    objective = objectives.get("masked")(network, 3, 3)
    with torch.no_grad():
        objective.fill += 10
    loss, _ = objective(network, Views(clean, clean, clean))
    loss.backward()
    hidden = (network.seen > 5).all(1, keepdim=True)
    assert torch.equal(hidden.sum((1, 2, 3)), torch.full((4,), round(0.6 * 64) * 64))
    assert torch.equal(network.seen[~hidden.expand_as(clean)], clean[~hidden.expand_as(clean)])
    assert (network.painted.grad[~hidden.expand_as(clean)] == 0).all()
    assert (network.painted.grad[hidden.expand_as(clean)] != 0).all()
    assert not torch.equal(hidden[0], hidden[1])
    assert objective.fill.grad.abs().min() > 0


@pytest.mark.parametrize("side", [32, 50, 96, 128])
def test_the_mirrored_resnet_paints_any_size(side):
    from tuningfork.objectives.autoencoder import MirroredResNet

    decoder = MirroredResNet(16, 2).eval()
    assert decoder(torch.rand(1, 16), side).shape == (1, 2, side, side)
    stages = sum(p.numel() for p in decoder.stages.parameters())
    assert stages == pytest.approx(11.17e6, rel=0.03)  # ResNet-18's own, without its stem and classifier


def test_the_average_follows_one_step_behind_and_is_not_trained():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 6), torch.nn.BatchNorm1d(6))
    objective = objectives.get("self-distillation")(network, 6, 3)
    x = torch.rand(8, 3, 2, 2)
    before = network[1].weight.detach().clone()
    objective(network, Views(x, x + 0.1, x))[0].backward()
    assert torch.equal(objective.teacher[1].weight, before)
    assert all(p.grad is None for p in objective.teacher.parameters())
    with torch.no_grad():
        network[1].weight += 1
    objective(network, Views(x, x + 0.1, x))
    torch.testing.assert_close(objective.teacher[1].weight, before + 0.004)
    assert not objective.train().teacher.training
    assert {"loss.center", "teacher.1.weight", "teacher_head.prototypes"} <= objective.state_dict().keys()
    objective.eval()(network, Views(x, x + 0.1, x))
    torch.testing.assert_close(objective.teacher[1].weight, before + 0.004)
