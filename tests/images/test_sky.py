"""Geometry on the sphere, against astropy and against counting by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuningfork.errors import UsageError
from tuningfork.images import sky

degrees = st.tuples(st.floats(0, 360), st.floats(-90, 90))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(degrees, degrees), min_size=1, max_size=10))
def test_separations_are_those_of_astropy(pairs):
    from astropy.coordinates import SkyCoord

    (ra, dec), (other_ra, other_dec) = (np.array([p[k] for p in pairs]).T for k in (0, 1))
    theirs = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(other_ra, other_dec, unit="deg")).arcsec
    ours = sky.separation(ra, dec, other_ra, other_dec)
    near = theirs < 170 * 3600  # towards the antipode the chord loses digits, and nobody looks there
    np.testing.assert_allclose(ours[near], theirs[near], rtol=1e-7, atol=1e-8)


def test_the_pole_and_the_turn_of_right_ascension_are_no_edges():
    ra, dec = np.array([0.0001, 359.9999, 10.0, 190.0]), np.array([0.0, 0.0, 89.9999, 89.9999])
    i, j, away = sky.pairs_within(ra, dec, 1.0)
    assert list(zip(i, j, strict=True)) == [(0, 1), (2, 3)]
    np.testing.assert_allclose(away, [0.72, 0.72], rtol=1e-6)


def test_every_pair_is_found_once_in_order():
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(359.99, 360.01, 300) % 360, rng.uniform(-0.01, 0.01, 300)
    away = np.array(
        [sky.separation(np.full(300, a), np.full(300, d), ra, dec) for a, d in zip(ra, dec, strict=True)]
    )
    wanted = np.argwhere(np.triu(away <= 4, 1))
    i, j, found = sky.pairs_within(ra, dec, 4)
    np.testing.assert_array_equal(np.column_stack([i, j]), wanted)
    np.testing.assert_allclose(found, away[i, j], atol=1e-7)
    here, there, _ = sky.pairs_between(ra[:100], dec[:100], ra, dec, 4)
    np.testing.assert_array_equal(np.unique(here * 300 + there), np.flatnonzero((away[:100] <= 4).ravel()))


def test_unknown_and_impossible_positions_take_no_part():
    ra, dec = np.array([np.nan, 5.0, 5.0, 5.0, 400.0, 5.0]), np.array([5.0, np.nan, 5.0, 95.0, 5.0, 5.0])
    assert [a.tolist() for a in sky.pairs_within(ra, dec, 3600)] == [[2], [5], [0.0]]
    assert sky.groups(ra, dec, 3).tolist() == [-1, -1, 0, -1, -1, 0]
    index, away = sky.nearest(ra, dec, [5.0, np.nan], [5.0, 5.0], 1)
    assert index.tolist() == [-1, -1, 0, -1, -1, 0]
    assert np.isnan(away).tolist() == [True, True, False, True, True, False]


def test_nearest_gives_k_in_order_and_says_when_there_are_fewer():
    index, away = sky.nearest([0.0, 180.0], [0.0, 0.0], [0.002, 0.001, 90.0], [0.0, 0.0, 0.0], 10, k=3)
    assert index.tolist() == [[1, 0, -1], [-1, -1, -1]]
    np.testing.assert_allclose(away[0, :2], [3.6, 7.2])


def test_groups_are_chains_of_friends():
    step = 2 / 3600
    ra = np.array([50.0, 10, 10 + step, 10 + 2 * step, 50.0, 10 + 6 * step])
    assert sky.groups(ra, np.zeros(6), 3).tolist() == [0, 1, 1, 1, 0, 2]
    assert sky.groups(np.zeros(200_000), np.zeros(200_000), 3).max() == 0  # not 2e10 pairs


def test_a_cone_is_sorted_and_a_radius_that_takes_all_is_refused():
    rows, away = sky.cone([1.0, 0.9999, 5.0], [0.0, 0.0, 0.0], 1.0001, 0.0, 2.0)
    assert rows.tolist() == [0, 1]
    assert (np.diff(away) > 0).all()
    with pytest.raises(UsageError, match="smaller radius"):
        sky.pairs_within(np.linspace(0, 1, 30_000), np.zeros(30_000), 3600 * 10)
    with pytest.raises(UsageError, match="radius"):
        sky.cone([1.0], [0.0], 1.0, 0.0, float("nan"))


@pytest.mark.parametrize(
    ("ra", "dec", "wanted"),
    [
        ("150.1163", "2.2058", (150.1163, 2.2058)),
        ("10:00:27.91", "+02:12:20.9", (150.11629, 2.20581)),
        ("10h00m27.91s", "-2d12m20.9s", (150.11629, -2.20581)),
        ("10 00 27.91", "-0 12 20.9", (150.11629, -0.20581)),
        ("-10", "5", (350.0, 5.0)),
    ],
)
def test_positions_are_read_as_people_write_them(ra, dec, wanted):
    np.testing.assert_allclose(sky.parse_position(ra, dec), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("ra", "dec"), [("nan", "0"), ("10", "91"), ("25:00:00", "0"), ("M51", "0"), ("", "1")]
)
def test_a_position_that_is_none_is_refused_in_one_line(ra, dec):
    with pytest.raises(UsageError) as error:
        sky.parse_position(ra, dec)
    assert "\n" not in str(error.value)
