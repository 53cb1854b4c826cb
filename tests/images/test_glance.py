"""Stamps at a glance have every band, however many there are."""

import numpy as np
import pytest

from tests.collection.made import galaxy
from tuningfork.images.flaws import pixel_flaws
from tuningfork.images.glance import small_picture


@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5, 7, 9])
def test_every_band_is_made_small_as_it_would_be_alone(bands):
    flux = np.random.default_rng(bands).random((90, 120, bands), dtype=np.float32)
    small = small_picture(flux, 60)
    assert small.shape == (45, 60, bands)
    alone = [small_picture(flux[:, :, band], 60)[:, :, 0] for band in range(bands)]
    np.testing.assert_allclose(small, np.stack(alone, axis=2), rtol=1e-5)


@pytest.mark.parametrize("bands", [1, 2, 5, 7])
def test_flaws_are_looked_for_in_any_number_of_bands(bands):
    grey = galaxy(1, 128).astype(np.float32).mean(axis=2) / 255
    good = np.repeat(grey[:, :, None], bands, axis=2)
    assert [flaw.kind for flaw in pixel_flaws(good)] == []
    assert "off_centre" in [flaw.kind for flaw in pixel_flaws(np.roll(good, 40, axis=1))]
