import numpy as np
import pytest

from tuningfork.errors import ImageError, UnknownNameError, UsageError
from tuningfork.images import (
    Asinh,
    LegacyRGB,
    Linear,
    Log,
    Lupton,
    ZScale,
    fit_stretch,
    restretch_display,
    stretch_from_table,
    to_display,
    to_unit,
)

ALL = [Linear(0, 2), Asinh(0, 2, 0.1), Log(0, 2, 100.0), ZScale(), Lupton(0.0, 2.0, 8.0), LegacyRGB()]


def flux(bands=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.exponential(0.3, (20, 30, bands)).astype(np.float32) - np.float32(0.1)


@pytest.mark.parametrize("stretch", ALL, ids=lambda s: s.kind)
def test_output_is_unit_float32_and_the_table_brings_it_back(stretch):
    out = stretch(flux())
    assert out.dtype == np.float32
    assert out.shape == (20, 30, 3)
    assert out.min() >= 0
    assert out.max() <= 1
    again = stretch_from_table(stretch.to_table())
    assert again == stretch
    np.testing.assert_array_equal(again(flux()), out)


@pytest.mark.parametrize("stretch", ALL, ids=lambda s: s.kind)
def test_brighter_is_never_darker(stretch):
    ramp = np.repeat(np.linspace(-0.5, 3, 200, dtype=np.float32)[None, :, None], 3, axis=2)
    assert (np.diff(stretch(ramp)[0, :, 1]) >= -1e-6).all()


def test_legacy_rgb_gives_the_published_numbers():
    """Worked by hand from the viewer's formula: weights 6.0, 3.4, 2.2, m = 0.03, Q = 20."""
    pixel = np.array([[[0.01, 0.02, 0.05]]], np.float32)
    lifted = np.array([0.01 * 6.0 + 0.03, 0.02 * 3.4 + 0.03, 0.05 * 2.2 + 0.03])
    mean = lifted.mean()
    np.testing.assert_allclose(
        LegacyRGB()(pixel)[0, 0], lifted * np.arcsinh(20 * mean) / np.sqrt(20) / mean, rtol=1e-5
    )


def test_lupton_keeps_colour_where_it_saturates():
    bright = np.array([[[10.0, 20.0, 5.0]]], np.float32)
    out = Lupton(0.0, 1.0, 8.0)(bright)[0, 0]
    np.testing.assert_allclose(out, [0.5, 1.0, 0.25], rtol=1e-5)


def test_lupton_white_point():
    np.testing.assert_allclose(Lupton(1.0, 2.0)(np.full((1, 1, 3), 3.0, np.float32)), 1.0, rtol=1e-5)


def test_bad_settings_are_refused():
    with pytest.raises(UsageError, match="high > low"):
        Asinh(1.0, 1.0)
    with pytest.raises(UnknownNameError, match="asinh"):
        stretch_from_table({"kind": "asin"})
    with pytest.raises(UnknownNameError, match="softening"):
        stretch_from_table({"kind": "asinh", "softness": 1.0})
    with pytest.raises(ImageError, match="three bands"):
        LegacyRGB()(flux(2))
    with pytest.raises(ImageError, match="2 bands"):
        Asinh(weights=(1.0, 2.0))(flux(3))


def test_to_unit_of_encoded_pixels_uses_their_full_range():
    assert to_unit(np.full((1, 1, 3), 255, np.uint8)).max() == pytest.approx(1)
    assert to_unit(np.full((1, 1, 3), 65535, np.uint16)).max() == pytest.approx(1)
    assert to_unit(np.full((1, 1, 1), 3.0, np.float32), Linear(0, 6)).max() == pytest.approx(0.5)
    with pytest.raises(ValueError, match="int64"):
        to_unit(np.zeros((1, 1, 1), np.int64))


@pytest.mark.parametrize(
    ("bands", "red_green_blue"), [(1, (0, 0, 0)), (3, (2, 1, 0)), (4, (3, 2, 0)), (5, (4, 2, 0))]
)
def test_display_is_red_first(bands, red_green_blue):
    unit = np.broadcast_to(np.arange(bands, dtype=np.float32) / 10, (2, 2, bands))
    shown = to_display(unit)
    assert shown.shape == (2, 2, 3)
    np.testing.assert_array_equal(shown[0, 0], np.round(np.array(red_green_blue) * 25.5 + 1e-6))


def test_two_bands_show_their_mean_as_green():
    np.testing.assert_array_equal(to_display(np.array([[[0.0, 1.0]]], np.float32))[0, 0], [255, 128, 0])


def test_only_flux_is_turned_for_display():
    """Row 0 of a FITS image is its lowest, row 0 of a picture its highest."""
    flux_image = np.zeros((4, 3, 1), np.float32)
    flux_image[0, 1] = 1
    assert to_display(flux_image, Linear())[3, 1, 0] == 255
    assert to_display((flux_image * 255).astype(np.uint8), Linear())[0, 1, 0] == 255


@pytest.mark.parametrize("mode", ["asinh", "deep"])
def test_restretch_is_monotone_and_lifts_the_faint(mode):
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = restretch_display(grey, mode)[0, :, 0].astype(int)
    assert (out[0], out[255]) == (0, 255)
    assert (np.diff(out) >= 0).all()
    assert out[10] > 20
    assert restretch_display(grey, "as is") is grey
    with pytest.raises(UnknownNameError):
        restretch_display(grey, "deeper")


def stamps(noise, bands=3, scale=1.0):
    rng = np.random.default_rng(1)
    y, x = np.mgrid[-32:32, -32:32]
    galaxy = np.exp(-np.hypot(y, x) / 5)[:, :, None] * np.linspace(1, 3, bands) * 200 * noise
    return [((galaxy + rng.normal(0, noise, (64, 64, bands))) * scale).astype(np.float32) for _ in range(4)]


def test_grz_in_nanomaggies_gets_the_viewers_colours():
    assert fit_stretch(stamps(0.01), ("g", "r", "z")) == LegacyRGB()
    assert fit_stretch(stamps(30.0), ("g", "r", "z")) != LegacyRGB()
    assert fit_stretch(stamps(30.0), ("g", "r", "z"), unit="nanomaggy") == LegacyRGB()


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("noise", [1e-20, 0.3, 50.0])
def test_a_fitted_stretch_shows_both_sky_and_core(bands, noise):
    sample = stamps(noise, bands)
    out = fit_stretch(sample, [f"band{k}" for k in range(bands)])(sample[0])
    assert 0.01 < np.median(out[:10]) < 0.25  # the sky is dark, not black
    assert out[30:34, 30:34].mean() > 0.8


def test_bands_of_other_zero_points_come_into_balance():
    sample = [image * np.array([1, 10, 100], np.float32) for image in stamps(1.0)]
    core = fit_stretch(sample, ("a", "b", "c"))(sample[0])[20, 32]
    assert core.max() < 1.6 * core.min()


def test_a_high_sky_stays_grey():
    rng = np.random.default_rng(0)
    flux = (1e5 + rng.normal(0, 1, (48, 48, 3))).astype(np.float32)
    flux[20:28, 20:28] += np.array([40, 60, 90], np.float32)
    shown = to_display(flux, fit_stretch([flux], ("r", "i", "z")))
    assert np.ptp(np.median(shown[:10].reshape(-1, 3), axis=0)) < 10


def test_a_sky_without_noise_does_not_break_the_fit():
    image = np.zeros((32, 32, 1), np.float32)
    image[16, 16] = 5
    assert np.isfinite(fit_stretch([image], ["v"])(image)).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -1e4, 1e5, 1e20])
@pytest.mark.parametrize("bands", [1, 3])
def test_a_high_sky_and_images_of_one_value_have_a_stretch(level, bands):
    plain = np.full((32, 32, bands), level, np.float32)
    assert np.isfinite(fit_stretch([plain], ["v"] * bands)(plain)).all()
    noisy = plain[..., :1] + np.random.default_rng(0).normal(0, 0.1, (32, 32, 1)).astype(np.float32)
    shown = fit_stretch([noisy], ["v"])(noisy)
    assert np.isfinite(shown).all()
    assert shown.std() > 0.01 or abs(level) > 1e6  # beyond, float32 has no room for the noise
