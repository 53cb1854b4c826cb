"""The papers' views: the size, what is mirrored and what is not, and that a middle stays in the middle."""

from dataclasses import replace

import pytest
import torch

from tuningfork.errors import UnknownNameError
from tuningfork.images.chains import (
    CentredSettings,
    SquareSettings,
    another_view,
    centred_views,
    square_views,
)
from tuningfork.images.views import VIEWS, make_views, views_from, views_named

N = 64


def _swirl() -> torch.Tensor:
    """A picture with a handedness: a bright middle, a bar above it, a spot to the right of the bar's end."""
    picture = torch.zeros(3, 64, 64, dtype=torch.uint8)
    picture[:, 28:36, 28:36] = 120
    picture[:, 14:28, 30:34] = 200
    picture[:, 14:18, 34:44] = 255
    return picture[None].repeat(N, 1, 1, 1)


def _handedness(view: torch.Tensor) -> torch.Tensor:
    """Which side of the line from the middle to the bar the spot lies on: the sign of a cross product."""
    side = view.shape[-1]
    steps = (torch.arange(side) + 0.5) - side / 2
    grey = view.mean(1)
    bar, spot = ((grey > low) & (grey <= high) for low, high in ((0.62, 0.86), (0.9, 1.01)))

    def middle(where: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        n = where.sum((1, 2)).clamp(min=1)
        return (where * steps).sum((1, 2)) / n, (where * steps[:, None]).sum((1, 2)) / n

    (bx, by), (sx, sy) = middle(bar), middle(spot)
    return torch.sign(bx * sy - by * sx)


def _made(settings, size=64):
    chance = torch.Generator().manual_seed(0)
    pixels = _swirl()
    if isinstance(settings, SquareSettings):
        beforehand = another_view(pixels, size, replace(settings, noise=0.0, blur=(0.0, 0.0)), chance)
        return square_views(beforehand, torch.ones(N), size, settings, chance)[0]
    return views_from(settings, pixels, torch.full((N,), 0.45), size, chance)[0]


@pytest.mark.parametrize("name", ["ma2023", "doherty2024", "turned"])
def test_nothing_is_mirrored_where_handedness_counts(name):
    mirrored = _handedness(_made(replace(views_named(name), **_wide(name))))
    assert 10 < int((mirrored < 0).sum()) < N - 10
    safe = _handedness(_made(replace(views_named(name, parity_safe=True), **_wide(name))))
    assert len(safe.unique()) == 1


def _wide(name: str) -> dict:
    """The whole frame, so that the marks stay in view."""
    return {} if name == "turned" else {"share": 0.9}


def test_a_view_of_ma_keeps_the_galaxy_in_view():
    pixels = torch.zeros(N, 3, 64, 64, dtype=torch.uint8)
    pixels[:, :, 27:37, 27:37] = 255
    chance = torch.Generator().manual_seed(1)
    view, _ = centred_views(pixels, torch.ones(N), 48, CentredSettings(), chance)
    assert view.shape == (N, 3, 48, 48)
    steps = torch.arange(48) - 23.5
    weight = view.mean(1)
    x = (weight * steps).sum((1, 2)) / weight.sum((1, 2))
    assert x.abs().max() < 3
    assert x.std() > 0.05
    assert (view[:, :, 20:28, 20:28].mean((1, 2, 3)) > 0.4).all()


def test_views_made_beforehand_differ_and_take_three_steps_of_nine():
    pixels = torch.rand(N, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    views = [another_view(pixels, 48, SquareSettings(), torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    torch.testing.assert_close(views[0], views[1])
    same = [torch.allclose(a, b, atol=1e-6) for a, b in zip(views[0], views[2], strict=True)]
    assert sum(same) < N / 4
    assert views[0].min() >= 0
    assert views[0].max() <= 1


def test_names():
    assert {"ma2023", "doherty2024"} <= set(VIEWS)
    assert views_named("ma2023", share=0.5).share == 0.5
    with pytest.raises(UnknownNameError, match="ma2023"):
        make_views("ma2032", torch.zeros(1, 3, 8, 8), torch.ones(1), 8, torch.Generator())
