import math

import pytest
import torch

from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.errors import UnknownNameError
from tuningfork.objectives import Views, objectives

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
    objective = objectives.get("contrastive")(6)
    one, other = torch.randn(5, 6), torch.randn(5, 6)
    projected = objective.project(torch.cat([one, other])).chunk(2)
    loss = objective.from_embeddings(one, other)
    assert loss.item() == pytest.approx(slow_nt_xent(*(p.detach() for p in projected), 0.2), rel=1e-5)


@pytest.mark.training
@pytest.mark.parametrize("name", list(objectives))
def test_the_loss_falls_on_eight_galaxies(name):
    torch.manual_seed(0)
    network = LVM(SMALL)
    objective = objectives.get(name)(SMALL.dim)
    clean = torch.rand(8, 3, 4, 4).repeat_interleave(8, 2).repeat_interleave(8, 3)
    one, other = (clean + 0.3 * torch.randn_like(clean) for _ in range(2))
    target = torch.randn(8, SMALL.dim)
    optimiser = torch.optim.AdamW([*network.parameters(), *objective.parameters()], 2e-3)
    losses = []
    for _ in range(25):
        loss, parts = objective(network, Views(one, other, clean, target))
        assert all(math.isfinite(v) for v in parts.values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_an_unknown_objective_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="contrastive"):
        objectives.get("contrastiv")
