import numpy as np
import pytest
import torch

from tuningfork.images.augment import ViewSettings, random_views
from tuningfork.images.disturb import add_neighbours, coarsen, redden
from tuningfork.images.dust import extinction_of
from tuningfork.images.views import VIEWS, make_views

KNOWN = [0.153078, 0.629276, 0.848879, 0.973929]


def _blob(n=2, side=64, sigma=4.0, bands=3):
    steps = torch.arange(side) - (side - 1) / 2
    blob = torch.exp(-0.5 * (steps[:, None] ** 2 + steps[None] ** 2) / sigma**2)
    return (0.5 * blob).expand(n, bands, side, side).clone() + 0.1


def test_reddening_dims_by_the_coefficients_in_magnitudes():
    unit = torch.full((2, 3, 8, 8), 0.5)
    grz = torch.tensor(extinction_of("grz"))
    out = redden(unit, torch.tensor([0.0, 0.1]), grz)
    assert torch.equal(out[0], unit[0])
    dimmed = -2.5 * torch.log10(out[1, :, 0, 0] / 0.5)
    np.testing.assert_allclose(dimmed, 0.1 * grz.numpy(), rtol=1e-5)
    back = redden(out, torch.tensor([0.0, -0.1]), grz)
    torch.testing.assert_close(back, unit)
    each = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]])  # pictures of two collections
    some = -2.5 * torch.log10(redden(unit, torch.tensor([0.1, 0.1]), each)[:, :, 0, 0] / 0.5)
    torch.testing.assert_close(some, 0.1 * each, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("bands", [1, 2, 4, 5, 64])
def test_views_of_any_number_of_bands_get_the_dust_that_is_known_of_them(bands):
    pixels, radii = torch.rand(3, bands, 48, 48), torch.full((3,), 0.3)

    def seen(extinction):
        chance = torch.Generator().manual_seed(3)
        return make_views("sky-full", pixels, radii, 16, chance, extinction)[0]

    none = seen(torch.zeros(3, bands))
    assert none.shape == (3, bands, 16, 16)
    assert torch.equal(seen(None), none)  # nobody knows, and nothing else is drawn otherwise
    assert not torch.equal(seen(torch.full((3, bands), 2.0)), none)


def test_coarser_pixels_keep_flux_and_lose_detail_each_by_its_own_factor():
    unit = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    out = coarsen(unit, torch.tensor([1.0, 2.0, 4.0]))
    assert torch.equal(out[0], unit[0])
    torch.testing.assert_close(out.mean((2, 3)), unit.mean((2, 3)), atol=0.01, rtol=0)
    rough = (out[..., 1:] - out[..., :-1]).std((1, 2, 3))
    assert rough[0] > 3 * rough[1] > 6 * rough[2]
    smooth = _blob(sigma=8.0)
    torch.testing.assert_close(coarsen(smooth, torch.tensor([2.0, 2.0])), smooth, atol=0.015, rtol=0)


def test_a_neighbour_has_the_place_the_flux_and_the_size_that_were_asked_for():
    base, sky = torch.full((2, 3, 64, 64), 0.1), 0.1
    where, size = torch.tensor([[0.5, -0.25], [0.5, -0.25]]), torch.tensor([0.5, 0.5])
    out = add_neighbours(base, _blob(), where, size, torch.tensor([0.4, 0.0]))
    assert torch.equal(out[1], base[1])
    added = (out - base)[0, 1]
    y, x = torch.meshgrid(*(2 * ((torch.arange(64) + 0.5) / 64) - 1,) * 2, indexing="ij")
    whole = added.sum()
    assert float((added * x).sum() / whole) == pytest.approx(0.5, abs=0.01)
    assert float((added * y).sum() / whole) == pytest.approx(-0.25, abs=0.01)
    assert float(whole) == pytest.approx(0.4 * 0.25 * float((_blob()[0, 1] - sky).sum()), rel=0.05)
    spread = float(((added * (x - 0.5) ** 2).sum() / whole).sqrt()) * 32
    assert spread == pytest.approx(2.0, abs=0.35)  # half of 4 pixels, a little wider by the resampling
    assert added[:, :8].abs().max() < 1e-3  # no square of sky is pasted


def test_recipes_without_them_draw_as_before():
    pixels, radii = (
        torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(5)),
        torch.full((4,), 0.3),
    )
    view, _ = random_views(pixels, radii, 16, ViewSettings(), torch.Generator().manual_seed(1))
    # of the revision before the three were added; shipped runs are resumed with these numbers
    np.testing.assert_allclose(view[:, 1, 8, 8], KNOWN, atol=2e-5)


def test_the_full_recipe_uses_all_and_one_galaxy_alone_has_no_neighbour():
    settings = VIEWS["sky-full"]
    assert settings.neighbours
    assert settings.coarse
    assert settings.dust
    assert settings.moffat
    one = make_views("sky-full", torch.rand(1, 3, 64, 64), torch.full((1,), 0.3), 32, torch.Generator())[0]
    assert one.shape == (1, 3, 32, 32)
    still = ViewSettings(
        zoom=(1, 1.0001), shift=0, blur=(0, 0), dim=0, redden=0, noise=(0, 0), neighbours=1.0
    )
    views, clean = random_views(_blob(8), torch.full((8,), 0.5), 64, still, torch.Generator().manual_seed(0))
    gained = (views - clean).sum((1, 2, 3))
    assert (gained > 0).all()  # another galaxy is in view of everyone
    assert len(set(gained.round(decimals=4).tolist())) > 4
