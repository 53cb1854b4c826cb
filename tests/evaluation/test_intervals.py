"""Intervals hold known values and cover what they promise."""

import numpy as np
import pytest

from tuningfork.evaluation import bootstrap, wilson
from tuningfork.evaluation.intervals import bootstrap_draws, student


def test_wilson_has_the_textbook_values():
    # Newcombe 1998, Statistics in Medicine 17, 857, table I, method 3
    for (successes, n), ends in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (1, 29): (0.0061, 0.1718),
    }.items():
        interval = wilson(successes, n)
        assert (interval.low, interval.high) == pytest.approx(ends, abs=1e-4)


@pytest.mark.parametrize("successes", [0, 7])
def test_wilson_stays_inside_0_and_1(successes):
    interval = wilson(successes, 7)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.high - interval.low > 0.2


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_bootstrap_covers_the_true_mean():
    rng = np.random.default_rng(0)
    inside = 0
    for trial in range(60):
        interval = bootstrap(np.mean, rng.normal(3.0, 1.0, 100), resamples=400, seed=trial)
        inside += interval.low <= 3.0 <= interval.high
    assert 52 <= inside < 60


def test_bootstrap_is_repeatable_and_draws_rows_together():
    values = np.random.default_rng(1).normal(size=50)
    assert bootstrap(np.mean, values, seed=4) == bootstrap(np.mean, values, seed=4)
    together = bootstrap(lambda a, b: float(np.abs(a - b).max()), values, values.copy())
    assert together.high == 0


def test_bootstrap_refuses_unequal_samples():
    with pytest.raises(ValueError, match="equal length"):
        bootstrap(np.mean, np.zeros(3), np.zeros(4))


def test_draws_that_differ_widen_the_interval():
    rng = np.random.default_rng(2)
    alike = (rng.random((20, 400)) < 0.6).astype(float)
    apart = (rng.random((20, 400)) < np.linspace(0.2, 1.0, 20)[:, None]).astype(float)
    narrow, wide = bootstrap_draws(alike), bootstrap_draws(apart)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_whole_groups_are_drawn():
    values, groups = np.repeat([0.0, 1.0, 0.0, 1.0], 25), np.repeat(["a", "b", "c", "d"], 25)
    alone = bootstrap(np.mean, values, resamples=400)
    together = bootstrap(np.mean, values, resamples=400, groups=groups)
    assert together.high - together.low > 3 * (alone.high - alone.low)
    seen = []
    bootstrap(
        lambda g: seen.append(np.unique(g, return_counts=True)[1]) or 0.0, groups, resamples=5, groups=groups
    )
    assert all((counts % 25 == 0).all() for counts in seen)


def test_ten_seeds_hold_the_true_mean_as_often_as_promised():
    rng = np.random.default_rng(0)
    held = [s.low <= 0 <= s.high for s in (student(rng.normal(size=10)) for _ in range(2000))]
    assert 0.935 < np.mean(held) < 0.965
    assert np.isnan(student(np.ones(1)).low)
