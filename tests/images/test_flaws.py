"""Lines, framing and stars, planted in pieces of the Hubble Deep Field and in made galaxies."""

import cv2
import numpy as np
import pytest

from tests.collection.made import galaxy
from tuningfork.images.flaws import pixel_flaws
from tuningfork.images.framing import framing
from tuningfork.images.lines import crossing_line
from tuningfork.images.stretch import LegacyRGB, Linear


def _kinds(pixels, stretch=None) -> list[str]:
    return [flaw.kind for flaw in pixel_flaws(pixels, stretch)]


@pytest.fixture(scope="module")
def stamps() -> list[np.ndarray]:
    """Large made galaxies with noise, blue first."""
    return [galaxy(seed, 128) for seed in range(8)]


def test_galaxies_have_no_flaw(stamps):
    assert [_kinds(stamp) for stamp in stamps] == [[]] * len(stamps)


@pytest.mark.parametrize("angle", [0, 20, 45, 90, 133])
def test_a_trail_is_found_and_its_angle_told(stamps, angle):
    along = 200 * np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])  # row 0 is the top
    middle = np.array([64, 64]) + 22 * np.array([-along[1], along[0]]) / 200
    for stamp in stamps[:3]:
        crossed = stamp.copy()
        ends = [tuple(int(v) for v in middle + sign * along) for sign in (-1, 1)]
        cv2.line(crossed, *ends, (20, 200, 20), 2)
        line = crossing_line(crossed)
        assert line is not None
        assert line.kind == "bright"
        assert min((line.angle - angle) % 180, (angle - line.angle) % 180) <= 6


def test_a_lost_column_is_found_on_the_galaxy():
    y, x = np.mgrid[:128, :128] - 64
    glow = 200 * np.exp(-np.hypot(y, x) / 25)
    stamp = (
        (glow[..., None] + np.random.default_rng(0).normal(8, 3, (128, 128, 3))).clip(0, 255).astype(np.uint8)
    )
    assert crossing_line(stamp) is None
    stamp[:, 70] = 0
    line = crossing_line(stamp)
    assert line is not None
    assert line.kind == "dark"
    assert abs(line.angle - 90) < 4


def test_edge_on_galaxies_are_no_lines():
    y, x = np.mgrid[:128, :128] - 64
    for thickness in (3, 5, 8):
        disc = 220 * np.exp(-np.abs(y) / thickness - np.abs(x) / 28)
        noise = np.random.default_rng(thickness).normal(8, 3, (128, 128, 3))
        stamp = (disc[..., None] * [0.6, 0.8, 1.0] + noise).clip(0, 255).astype(np.uint8)
        assert crossing_line(stamp) is None


def test_off_centre_and_empty(stamps):
    moved = np.roll(stamps[0], 40, axis=1)
    assert _kinds(moved) == ["off_centre"]
    assert framing(moved).offset == pytest.approx(40 / 128, abs=0.03)
    noise = np.random.default_rng(1).normal(10, 2, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    assert _kinds(noise) == ["off_centre"]


def test_a_star_and_saturation(stamps):
    with_star = stamps[1].copy()
    cv2.circle(with_star, (100, 30), 8, (255, 250, 240), -1)
    assert "star" in _kinds(cv2.GaussianBlur(with_star, (0, 0), 1.0))
    full = stamps[2].copy()
    full[50:70, 50:70] = 255
    assert "saturated" in _kinds(full)
    flux = np.random.default_rng(0).normal(0, 1, (64, 64, 1)).astype(np.float32)
    flux[20:44, 20:44] += 30
    assert "saturated" not in _kinds(flux, Linear(-3, 60))
    flux[20:44, 20:44] = 50
    assert "saturated" in _kinds(flux, Linear(-3, 60))


@pytest.mark.parametrize(
    "kind", ["lines", "star", "off_centre", "saturated", "half_black", "bad_pixels", "blank"]
)
def test_flux_is_judged_as_pictures_are(kind):
    y, x = np.mgrid[:128, :128] - 64.0
    sky = np.random.default_rng(3).normal(0, 0.003, (128, 128, 3))
    flux = (0.3 * np.exp(-np.hypot(y, 1.3 * x) / 9)[..., None] * [0.5, 0.8, 1.0] + sky).astype(np.float32)
    assert _kinds(flux, LegacyRGB()) == []
    if kind == "lines":
        flux[np.abs(y - 0.4 * x - 30) < 1.2] += [0, 0.06, 0]
    elif kind == "star":
        flux += (3 * np.exp(-((y + 35) ** 2 + (x - 35) ** 2) / 40))[..., None].astype(np.float32)
    elif kind == "off_centre":
        flux = np.roll(flux, 36, axis=0)
    elif kind == "saturated":
        flux = np.minimum(flux, np.quantile(flux[..., 1], 0.97))
    elif kind == "half_black":
        flux[64:] = 0
    elif kind == "bad_pixels":
        flux[40:70, :, 0] = 0  # as surveys write a band that is not there
    else:
        flux[:] = 0.1
    assert _kinds(flux, LegacyRGB()) == [kind]


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 1), (8, 8, 1), (9, 40, 5), (33, 64, 2)])
def test_odd_shapes_are_judged_without_failing(shape):
    pixels = np.random.default_rng(0).integers(0, 65535, shape, dtype=np.uint16)
    assert all(flaw.strength >= 0 for flaw in pixel_flaws(pixels))


@pytest.mark.realdata
def test_the_lines_of_galaxy_zoo_are_found(survey_data):
    crossed = ["588017979950006363.jpg"]
    for name in crossed:
        file = survey_data / "gz1" / "images" / name
        if file.exists():
            assert crossing_line(cv2.imread(str(file))) is not None
