"""Hand measurements on made galaxies of known shape."""

import numpy as np
import pytest

from tuningfork.evaluation import MEASUREMENTS, measure


def _galaxy(side=96, scale=8.0, ratio=1.0, angle=0.0, colour=(1.0, 1.0, 1.0), power=2.0, centre=(0.0, 0.0)):
    """A spheroid exp(-(r / scale)^power) of a given axis ratio, with faint noise, (side, side, 3) in 0..1."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    y, x = y - centre[0], x - centre[1]
    along, across = x * np.cos(angle) + y * np.sin(angle), (y * np.cos(angle) - x * np.sin(angle)) / ratio
    light = 0.8 * np.exp(-((np.hypot(along, across) / scale) ** power))
    stamp = (
        light[..., None] * np.array(colour)
        + 0.05
        + 0.004 * np.random.default_rng(0).normal(size=(side, side, 3))
    )
    return stamp.clip(0, 1).astype(np.float32)


def _measured(**shape):
    return dict(zip(MEASUREMENTS, measure(_galaxy(**shape)), strict=True))


def test_size_grows_with_the_galaxy():
    assert _measured(scale=12)["size"] == pytest.approx(1.5 * _measured(scale=8)["size"], rel=0.05)


@pytest.mark.parametrize("angle", [0.0, 0.5, 2.0])
def test_axis_ratio_is_the_true_one_at_any_angle(angle):
    assert _measured(ratio=0.4, scale=14, angle=angle)["axis ratio"] == pytest.approx(0.4, abs=0.05)
    assert _measured(angle=angle)["axis ratio"] == pytest.approx(1, abs=0.05)


def test_concentration_of_a_gaussian_is_the_analytic_one():
    # r(f)^2 is proportional to -ln(1 - f)
    expected = 5 * np.log10(np.sqrt(np.log(1 - 0.8) / np.log(1 - 0.2)))
    assert _measured(scale=16)["concentration"] == pytest.approx(expected, abs=0.15)
    assert _measured(power=0.8, scale=5)["concentration"] > _measured(scale=16)["concentration"] + 0.3


def test_asymmetry_is_small_for_a_spheroid_and_large_for_a_tail():
    stamp = _galaxy(scale=10)
    lopsided = stamp.copy()
    lopsided[46:50, 48:84] = 0.7
    assert measure(stamp)[3] < 0.08
    assert measure(lopsided)[3] > measure(stamp)[3] + 0.1


def test_asymmetry_does_not_see_where_the_galaxy_lies():
    assert _measured(scale=6, centre=(10.4, -7.7))["asymmetry"] == pytest.approx(
        _measured(scale=6)["asymmetry"], abs=0.05
    )


def test_colour_is_in_magnitudes_red_over_blue():
    assert _measured(colour=(0.5, 0.75, 1.0))["colour"] == pytest.approx(2.5 * np.log10(2), abs=0.05)
    assert measure(_galaxy()[..., :1])[4] == 0


def test_a_neighbour_is_not_measured():
    stamp = _galaxy(scale=5)
    alone = measure(stamp)
    stamp[:20, :20] = 0.9
    np.testing.assert_allclose(measure(stamp)[:4], alone[:4], atol=0.1)


@pytest.mark.parametrize("stamp", [np.zeros((40, 40, 3)), np.ones((1, 1, 1)), np.full((30, 50, 2), 0.5)])
def test_empty_stamps_give_finite_numbers(stamp):
    assert np.isfinite(measure(stamp.astype(np.float32))).all()
