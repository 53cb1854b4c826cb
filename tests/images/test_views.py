import numpy as np
import pytest
import torch

from tuningfork.errors import UnknownNameError
from tuningfork.images.crops import CropSettings, cropped_views
from tuningfork.images.moffat import moffat_blur, moffat_kernel
from tuningfork.images.views import VIEWS, make_views


@pytest.mark.parametrize(("fwhm", "beta"), [(2.0, 2.5), (3.3, 4.5), (8.0, 3.0)])
def test_the_kernel_is_astropys(fwhm, beta):
    from astropy.convolution import Moffat2DKernel

    gamma = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    wanted = Moffat2DKernel(gamma, beta, x_size=33)
    wanted.normalize()
    got = moffat_kernel(torch.tensor([fwhm]), torch.tensor([beta]), 16)[0]
    np.testing.assert_allclose(got.numpy(), wanted.array, atol=1e-6)


def test_blurring_is_astropys_convolution_of_each_with_its_own():
    from astropy.convolution import Moffat2DKernel, convolve_fft

    pictures = torch.rand(2, 3, 40, 36)
    fwhm, beta = torch.tensor([2.0, 4.0]), torch.tensor([2.5, 4.0])
    got = moffat_blur(pictures, fwhm, beta)
    assert got.shape == pictures.shape
    for number in range(2):
        f, b = float(fwhm[number]), float(beta[number])
        kernel = Moffat2DKernel(f / (2 * np.sqrt(2 ** (1 / b) - 1)), b, x_size=17)
        padded = np.pad(pictures[number, 1].numpy(), 8, mode="reflect")
        wanted = convolve_fft(padded, kernel, normalize_kernel=True)[8:-8, 8:-8]
        np.testing.assert_allclose(got[number, 1].numpy(), wanted, atol=1e-5)


def test_a_picture_smaller_than_the_wings_is_blurred_all_the_same():
    flat = torch.full((1, 1, 8, 8), 0.3)
    torch.testing.assert_close(moffat_blur(flat, torch.tensor([8.0]), torch.tensor([3.0])), flat)


@pytest.mark.parametrize("name", VIEWS)
def test_named_views_are_seeded_and_in_range(name):
    pixels, radii = (torch.rand(6, 3, 96, 96) * 255).to(torch.uint8), torch.full((6,), 0.3)
    views = [make_views(name, pixels, radii, 32, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    for view, clean in views:
        assert view.shape == clean.shape == (6, 3, 32, 32)
        assert 0 <= view.min() <= view.max() <= 1
    assert torch.equal(views[0][0], views[1][0])
    assert torch.equal(views[0][0], views[2][0]) == (name == "still")
    if name in ("turned", "still"):
        assert torch.equal(*views[0])
    if name == "degraded":
        roughness = [(v[..., 1:] - v[..., :-1]).std() for v in views[0]]
        assert roughness[0] < 0.7 * roughness[1]


def test_an_unknown_way_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="turned"):
        make_views("turnd", torch.rand(1, 3, 8, 8), torch.ones(1), 8, torch.Generator())


def test_each_crop_is_left_out_half_the_time_and_lies_inside():
    y, x = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 64), indexing="ij")
    pictures = torch.stack([x, y])[None].repeat(400, 1, 1, 1)  # a pixel says where it is
    chance = torch.Generator().manual_seed(0)
    once = CropSettings(noise=0, crops=1, zoom=0.5)
    views, clean = cropped_views(pictures, torch.ones(400), 64, once, chance)
    left_out = (views - clean).abs().amax((1, 2, 3)) < 1e-4
    assert 160 < left_out.sum() < 240
    assert views.min() >= 0
    width = views[:, 0, 32, -1] - views[:, 0, 32, 0]
    height = views[:, 1, -1, 32] - views[:, 1, 0, 32]
    area = (width * height)[~left_out]
    assert 0.06 < area.min() < 0.15
    assert 0.45 < area.mean() < 0.6  # uniform between 0.08 and 1, a little less where it meets the edge
    twice = CropSettings(noise=0, crops=2, zoom=0.5)
    views, clean = cropped_views(pictures, torch.ones(400), 64, twice, chance)
    assert 70 < ((views - clean).abs().amax((1, 2, 3)) < 1e-4).sum() < 130
