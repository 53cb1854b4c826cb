import numpy as np
import pytest

from tuningfork.images import cut_out, find_sources


@pytest.fixture(scope="module")
def field():
    """Gaussian galaxies at known places (y, x) on a sloping sky, two of them touching."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:300, :400].astype(np.float32)
    places = [(40 + 55 * i, 40 + 75 * j) for i in range(5) for j in range(5)]
    places[0] = (40, 40)
    places.append((40, 54))
    image = 100 + 0.002 * x + rng.normal(0, 1, x.shape)
    for row, column in places:
        image += 60 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 3.0**2))
    return image.astype(np.float32), np.array(places)


def test_every_galaxy_is_found_where_it_is_and_nothing_else(field):
    image, places = field
    found = find_sources(image, threshold_sigma=3, min_pixels=12)
    assert len(found) == len(places)
    distances = np.hypot(*(np.array([(s.y, s.x) for s in found])[:, None] - places[None]).transpose(2, 0, 1))
    assert distances.min(axis=1).max() < 1.0
    assert distances.min(axis=0).max() < 1.0


def test_without_deblending_touching_galaxies_are_one(field):
    image, places = field
    assert len(find_sources(image, threshold_sigma=3, min_pixels=12, deblend=False)) == len(places) - 1


def test_measurements(field):
    source = find_sources(field[0], threshold_sigma=3, min_pixels=12)[-1]
    assert source.flux == pytest.approx(60 * 2 * np.pi * 9, rel=0.15)
    assert source.half_light == pytest.approx(1.18 * 3, rel=0.25)
    assert source.elongation < 1.3
    assert source.box.height > 8


def test_brightest_first_and_bands_are_averaged(field):
    image, places = field
    found = find_sources(np.stack([image, image, image], axis=2), threshold_sigma=3, min_pixels=12)
    assert len(found) == len(places)
    fluxes = [s.flux for s in found]
    assert fluxes == sorted(fluxes, reverse=True)


def test_masked_pixels_are_no_sources(field):
    image = field[0].copy()
    image[:, 350:] = np.nan
    found = find_sources(image, threshold_sigma=3, min_pixels=12)
    assert found
    assert all(s.x < 350 for s in found)


@pytest.mark.parametrize("image", [np.zeros((50, 50)), np.full((3, 3), 7.0), np.full((40, 40), np.nan)])
def test_an_empty_field_has_no_sources(image):
    assert find_sources(image) == []


def test_cut_out_is_centred_and_square(field):
    image, _ = field
    source = min(
        find_sources(image, threshold_sigma=3, min_pixels=12), key=lambda s: np.hypot(s.x - 190, s.y - 150)
    )
    stamp = cut_out(image[:, :, None], source, margin=2.5)
    assert stamp.shape[0] == stamp.shape[1] == round(2.5 * max(source.box.height, source.box.width))
    row, column = np.unravel_index(stamp[:, :, 0].argmax(), stamp.shape[:2])
    assert abs(row - stamp.shape[0] / 2) < 3
    assert abs(column - stamp.shape[1] / 2) < 3


def test_beyond_the_edge_the_sky_goes_on():
    image = np.full((60, 60, 3), 20, np.uint8)
    image[:10, :10] = 200
    source = find_sources(image, threshold_sigma=3, min_pixels=12)[0]
    stamp = cut_out(image, source, margin=3)
    assert stamp.dtype == np.uint8
    assert stamp[0, 0, 0] == 20
    assert (stamp == 200).sum() == 300


def test_hubble_deep_field_has_a_thousand_galaxies():
    data = pytest.importorskip("skimage.data")
    found = find_sources(data.hubble_deep_field()[:400, :400], threshold_sigma=3, min_pixels=25, smooth=3)
    assert 150 < len(found) < 450
