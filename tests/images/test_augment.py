import numpy as np
import pytest
import torch

from tuningfork.images.augment import ViewSettings, blur, random_views, take_windows
from tuningfork.images.extent import galaxy_radius


def disc(radius, side=132, q=1.0):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.exp(-0.5 * (np.hypot(x, y / q) / radius) ** 2).astype(np.float32)


def test_a_window_turned_by_a_quarter_is_the_turned_window():
    x = torch.rand(1, 3, 64, 64)
    half = torch.tensor([0.5])
    turned = take_windows(x, half, 64, angle=torch.tensor([np.pi / 2]))
    as_it_was = take_windows(x, half, 64)
    assert torch.allclose(as_it_was, x, atol=1e-4)
    assert min((turned - torch.rot90(x, k, (2, 3))).abs().max() for k in (1, 3)) < 1e-3


def test_mirror_and_shift():
    x = torch.zeros(1, 1, 64, 64)
    x[0, 0, 10, 50] = 1
    mirrored = take_windows(x, torch.tensor([0.5]), 64, mirror=torch.tensor([-1.0]))
    assert mirrored[0, 0, 10, 13] == pytest.approx(1, abs=1e-3)
    moved = take_windows(x, torch.tensor([0.5]), 64, shift=torch.tensor([[4 / 64, 0.0]]))
    assert moved[0, 0, 10, 46] == pytest.approx(1, abs=1e-3)


def test_blur_keeps_flux_and_widens():
    x = torch.zeros(2, 1, 33, 33)
    x[:, 0, 16, 16] = 1
    out = blur(x, torch.tensor([0.0, 1.5]))
    assert torch.allclose(out.sum((1, 2, 3)), torch.ones(2), atol=1e-4)
    assert out[0, 0, 16, 16] > 0.99 > out[1, 0, 16, 16]


def test_views_are_seeded_differ_and_stay_in_range():
    x = (torch.rand(6, 3, 132, 132) * 255).to(torch.uint8)
    radii = torch.full((6,), 0.3)
    one, clean = random_views(x, radii, 32, ViewSettings(), torch.Generator().manual_seed(1))
    again, _ = random_views(x, radii, 32, ViewSettings(), torch.Generator().manual_seed(1))
    other, _ = random_views(x, radii, 32, ViewSettings(), torch.Generator().manual_seed(2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert 0 <= one.min() <= one.max() <= 1
    assert clean.shape == one.shape == (6, 3, 32, 32)


def test_without_flips_handedness_is_kept():
    x = torch.zeros(40, 1, 64, 64)
    x[:, 0, 20:32, 31] = 1  # an L: up, and right at the top
    x[:, 0, 20, 31:44] = 1
    still = ViewSettings(zoom=(1, 1.0001), shift=0, blur=(0, 0), dim=0, redden=0, noise=(0, 0), flips=False)
    views, _ = random_views(x, torch.full((40,), 0.5), 64, still, torch.Generator().manual_seed(0))

    def hand(v):
        y, xx = np.nonzero(v[0].numpy() > 0.3)
        centre = np.array([31.5, 31.5])
        points = np.stack([y, xx], 1) - centre
        far = points[np.argmax(np.hypot(*points.T))]
        cross = far[0] * points[:, 1] - far[1] * points[:, 0]
        return np.sign(cross.sum())

    assert len({hand(v) for v in views}) == 1


@pytest.mark.parametrize("side", [100, 132, 264])
def test_radius_follows_the_galaxy_not_the_pixels(side):
    radius = galaxy_radius(disc(side * 0.1, side)[..., None].repeat(3, 2))
    assert radius == pytest.approx(0.1 * np.sqrt(2 * np.log(1 / 0.12)), abs=0.03)


def test_radius_is_the_same_for_all_pixel_types_and_sane_for_empty_frames():
    picture = disc(14)[..., None].repeat(3, 2)
    kinds = [picture, (picture * 255).round().astype(np.uint8), (picture * 65535).round().astype(np.uint16)]
    radii = [galaxy_radius(k) for k in kinds]
    assert max(radii) - min(radii) < 0.02
    for empty in (
        np.zeros((50, 50, 3), np.uint8),
        np.zeros((1, 1, 1), np.float32),
        np.ones((3, 90, 1), np.uint16),
    ):
        assert 0.08 <= galaxy_radius(empty) <= 0.6
