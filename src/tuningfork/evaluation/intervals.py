"""Intervals: percentile bootstrap for any statistic, Wilson for shares."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Interval", "bootstrap", "bootstrap_draws", "percentiles", "student", "wilson", "wilson_ends"]

RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A number with the ends of its interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The share of successes in n trials with Wilson's score interval (Wilson 1927, JASA 22, 209).

    Holds for few trials and for shares near 0 and 1, where the normal interval does not.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= n and n > 0.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} successes in {n} trials")
    low, high = wilson_ends(np.array([successes]), np.array([n]), level)
    return Interval(successes / n, float(low[0]), float(high[0]))


def wilson_ends(successes: np.ndarray, n: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The ends of `wilson` for many shares at once: (m,) successes in (m,) trials, each at least 1."""
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)
    return np.minimum(share, low), np.maximum(share, high)


def student(values: np.ndarray, level: float = 0.95) -> Interval:
    """The mean of a few numbers, as of ten seeds, with Student's interval.

    A bootstrap of ten numbers holds the true mean in 89 % of draws, not in 95 %. One number alone has no
    interval: its ends are NaN.
    """
    from scipy.stats import t

    values = np.asarray(values, np.float64)
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = float(t.ppf(0.5 + level / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half)


def bootstrap(
    statistic: Callable[..., float],
    *samples: np.ndarray,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> Interval:
    """A statistic with its percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13).

    Parameters
    ----------
    statistic : callable
        Takes the samples, returns one number; a NaN of a resample (say, no member of a class) is passed over.
    *samples : ndarray
        Arrays of equal length n; rows are drawn together, with replacement.
    level, resamples, seed
        Confidence level, number of resamples, and the seed that makes the ends repeatable.
    groups : ndarray, optional
        (n,) group of each row, as the field a galaxy lies in: whole groups are drawn, since rows of one group
        are not independent.
    """
    n = len(samples[0])
    if n == 0 or any(len(sample) != n for sample in samples):
        raise ValueError(f"samples of equal length, at least 1, are needed: {[len(s) for s in samples]}")
    rng = np.random.default_rng(seed)
    parts = None if groups is None else _members(groups)
    values = np.empty(resamples)
    for number in range(resamples):
        if parts is None:
            rows = rng.integers(0, n, n)
        else:
            rows = np.concatenate([parts[pick] for pick in rng.integers(0, len(parts), len(parts))])
        values[number] = statistic(*(sample[rows] for sample in samples))
    return percentiles(float(statistic(*samples)), values, level)


def bootstrap_draws(
    correct: np.ndarray, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The mean of repeated experiments on one test set, with an interval over both.

    Parameters
    ----------
    correct : ndarray
        (draws, n): what draw i got for test galaxy j. Draws and galaxies are resampled independently, so the
        interval holds for another draw of labels as well as for other galaxies.
    """
    draws, n = correct.shape
    rng = np.random.default_rng(seed)
    values = np.empty(resamples)
    for number in range(resamples):
        of_draw = np.bincount(rng.integers(0, draws, draws), minlength=draws)
        of_galaxy = np.bincount(rng.integers(0, n, n), minlength=n)
        values[number] = of_draw @ correct @ of_galaxy / (draws * n)
    return percentiles(float(correct.mean()), values, level)


def _members(groups: np.ndarray) -> list[np.ndarray]:
    """The rows of each group."""
    _, number = np.unique(groups, return_inverse=True)
    order = np.argsort(number, kind="stable")
    return np.split(order, np.cumsum(np.bincount(number))[:-1])


def percentiles(value: float, values: np.ndarray, level: float = 0.95) -> Interval:
    """A number with the middle ``level`` of its resampled values (n,); NaN among them are passed over."""
    values = values[np.isfinite(values)]
    if not len(values):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
