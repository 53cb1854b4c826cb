"""DINO's small crops: which part of the galaxy they are, who sees them, and what is asked of them."""

import math
from dataclasses import replace

import pytest
import torch

from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.errors import UsageError
from tuningfork.images.views import VIEWS, small_crops, views_from
from tuningfork.objectives import Views, objectives
from tuningfork.tasks.pretrain_asked import settings_of

SMALL = LVMShape(width=16, depths=(2, 2, 2, 2), heads=(1, 2, 2, 4))


class Seeing(torch.nn.Module):
    """Embeds by the mean of each band; keeps what it saw."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm = torch.nn.Linear(3, 6), torch.nn.BatchNorm1d(6)
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        return self.norm(self.layer(x.mean((2, 3))))


def _softmax(scores, temperature):
    top = max(scores)
    powers = [math.exp((s - top) / temperature) for s in scores]
    return [p / sum(powers) for p in powers]


def slow_dino(taught, said, center):
    """Equation 3 of DINO in loops: the average of each large view against every other view."""
    total, pairs = 0.0, 0
    for t, answers in enumerate(taught):
        for s, own in enumerate(said):
            if s == t:
                continue  # the same large view
            pairs += 1
            for a, b in zip(answers.tolist(), own.tolist(), strict=True):
                p = _softmax([x - c for x, c in zip(a, center, strict=True)], 0.04)
                q = _softmax(b, 0.1)
                total -= sum(x * math.log(y) for x, y in zip(p, q, strict=True)) / len(answers)
    return total / pairs


def test_the_average_sees_large_views_alone_and_the_pairs_are_the_papers():
    torch.manual_seed(0)
    network = Seeing()
    objective = objectives.get("self-distillation")(network, 6, 3).eval()
    network.train()
    one, other, crops = torch.rand(4, 3, 8, 8), torch.rand(4, 3, 8, 8), torch.rand(4, 3, 3, 4, 4)
    objective.teacher.seen = []
    loss, parts = objective(network, Views(one, other, one, crops))
    assert [tuple(x.shape) for x in objective.teacher.seen] == [(8, 3, 8, 8)]
    assert [tuple(x.shape[1:]) for x in network.seen] == [(3, 8, 8), (3, 4, 4)]
    every = [one, other, *crops.unbind(1)]
    norm, layer = network.norm, network.layer

    def embedded(views):  # batch norm goes by what comes in together: large views, then small ones
        x = layer(torch.cat([v.mean((2, 3)) for v in views]))
        return (x - x.mean(0)) / (x.var(0, unbiased=False) + norm.eps).sqrt()

    with torch.no_grad():
        said = objective.head(torch.cat([embedded(every[:2]), embedded(every[2:])])).split(4)
        taught = objective.teacher_head(objective.teacher(torch.cat([one, other]))).split(4)
    # the centre moves only after the loss
    assert loss.item() == pytest.approx(slow_dino(taught, said, [0.0] * 4096), rel=1e-4)
    assert parts["self-distillation"] == loss.item()
    without, _ = objective(network, Views(one, other, one))
    assert without.item() != pytest.approx(loss.item(), rel=1e-4)


def test_what_batch_norms_remember_is_of_large_views():
    torch.manual_seed(0)
    network = Seeing()
    objective = objectives.get("self-distillation")(network, 6, 3)
    bright = torch.full((4, 2, 3, 4, 4), 50.0) * torch.rand(4, 2, 1, 1, 1)
    views = torch.rand(4, 3, 8, 8)
    objective(network, Views(views, views, views, bright))
    assert network.norm.running_mean.abs().max() < 1
    assert network.norm.momentum == 0.1


@pytest.mark.parametrize("side", [16, 24, 40, 56])
def test_swin_windows_take_small_sides(side):
    network = LVM(SMALL).eval()
    x = torch.rand(2, 3, side, side)
    assert network(x).shape == (2, SMALL.dim)
    assert [m.shape[1] for m in network.maps(x)] == [math.ceil(side / stride) for stride in SMALL.strides]
    assert torch.isfinite(network(x)).all()


def test_small_crops_show_a_part_of_the_galaxy():
    """A ramp from left to right tells which part of the frame a crop covers."""
    ramp = torch.linspace(0, 1, 100).expand(300, 1, 100, 100)
    radii, chance = torch.full((300,), 0.25), torch.Generator().manual_seed(0)
    same = {"blur": (0.0, 0.0), "dim": 0.0, "redden": 0.0, "noise": (0.0, 0.0)}
    crops, _ = views_from(
        replace(small_crops("sky"), **same, flips=False, turn=False), ramp, radii, 16, chance
    )
    width = (crops[:, 0, 8, -1] - crops[:, 0, 8, 0]) * 16 / 15
    share = (width / (2 * 1.2 * 0.25)) ** 2  # of the window in use
    assert 0.04 < share.min() < 0.07
    assert 0.3 < share.max() < 0.42
    middle = crops[:, 0].mean((1, 2)) - 0.5
    assert 0.1 < middle.abs().max() < 0.13  # half a radius
    with pytest.raises(UsageError, match="no small crops"):
        small_crops("crops")
    assert small_crops("sky-full").dust == VIEWS["sky-full"].dust


def test_wishes_that_do_not_go_together_are_refused():
    assert settings_of("self-distillation", {}).crops == 8
    assert settings_of("self-distillation", {"objective": "contrastive"}).crops is None
    assert settings_of("self-distillation", {"crops": 0}).crops is None
    assert settings_of("self-distillation-cpu", {"crops": 2}).small == 32
    for wish, said in [
        ({"crops": 4, "objective": "contrastive"}, "no small crops"),
        ({"crops": 33}, "0 to 32"),
        ({"crop_size": 8}, "of 16 pixels"),
        ({"crop_size": 129}, "to the view's 128"),
        ({"views": "crops"}, "no small crops"),
    ]:
        with pytest.raises(UsageError, match=said):
            settings_of("self-distillation", wish)
