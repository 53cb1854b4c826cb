"""Confusion matrices of runs, resampled over galaxies and runs, and all numbers that follow from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.intervals import Interval, percentiles, wilson

__all__ = [
    "Metric",
    "Tally",
    "accuracy",
    "average",
    "balanced",
    "cell",
    "f1",
    "precision",
    "recall",
    "with_ends",
]

_RESAMPLES = 2000
Metric = Callable[[np.ndarray], np.ndarray]  # confusion matrices (..., K, K + 1) -> (...)


@dataclass(frozen=True)
class Tally:
    """The mean confusion matrix of some runs on the same galaxies.

    The last column counts galaxies of which nothing is said. Tallies of as many runs and galaxies are
    resampled alike, so that their differences are paired.

    Parameters
    ----------
    plain : ndarray
        (K, K + 1): galaxies a run; row the true class.
    drawn : ndarray
        (resamples, K, K + 1).
    galaxies : ndarray
        (K,) galaxies of each class.
    """

    plain: np.ndarray
    drawn: np.ndarray
    galaxies: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, said: np.ndarray, kinds: int, *, seed: int = 0) -> "Tally":
        """Of truth (n,) and answers (runs, n), numbers of K classes."""
        runs, n = said.shape
        cells = kinds * (kinds + 1)
        hot = (truth * (kinds + 1) + said)[:, :, None] == np.arange(cells)  # (runs, n, cells)
        hot = hot.astype(np.float32)
        rng = np.random.default_rng(seed)
        drawn = []
        for _ in range(0, _RESAMPLES, 250):
            galaxies = rng.multinomial(n, np.full(n, 1 / n), 250).astype(np.float32)
            of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), 250) / runs
            drawn.append(np.einsum("rbc,br->bc", galaxies @ hot, of_runs))
        shape = (-1, kinds, kinds + 1)
        counts = np.bincount(truth, minlength=kinds)
        plain = hot.sum(axis=1, dtype=np.float64).mean(axis=0)
        return cls(plain.reshape(shape[1:]), np.concatenate(drawn).reshape(shape), counts)

    def value(self, metric: Metric) -> float:
        """Of the matrix itself."""
        return float(metric(self.plain))

    def interval(self, metric: Metric) -> Interval:
        """With its 95 % interval."""
        return percentiles(self.value(metric), metric(self.drawn))

    def share(self, true: int, said: int) -> Interval:
        """Of a class that is called so; Wilson's interval of one run where all are or none is."""
        found, n = self.interval(cell(true, said)), int(self.galaxies[true])
        if n and found.low == found.high:
            ends = wilson(round(found.value * n), n)
            return Interval(found.value, min(ends.low, found.value), max(ends.high, found.value))
        return found

    def above(self, other: "Tally", metric: Metric) -> Interval:
        """By how much a number is above another's, paired; without ends where no resample differs."""
        lead = self.value(metric) - other.value(metric)
        return with_ends(percentiles(lead, metric(self.drawn) - metric(other.drawn)))


def with_ends(found: Interval) -> Interval:
    """Without ends where all resamples agree: they then say nothing of other galaxies."""
    return Interval(found.value, float("nan"), float("nan")) if found.low == found.high else found


def accuracy(m: np.ndarray) -> np.ndarray:
    """Share of galaxies that are right."""
    return np.trace(m, axis1=-2, axis2=-1) / m.sum(axis=(-2, -1))


def recall(kind: int) -> Metric:
    """Share of a class's galaxies that are called so."""
    return lambda m: _share(m[..., kind, kind], m[..., kind, :].sum(axis=-1))


def precision(kind: int) -> Metric:
    """Share of the galaxies called so that are of the class."""
    return lambda m: _share(m[..., kind, kind], m[..., :, kind].sum(axis=-1))


def f1(kind: int) -> Metric:
    """Harmonic mean of the two."""
    return lambda m: _share(
        2 * m[..., kind, kind], m[..., kind, :].sum(axis=-1) + m[..., :, kind].sum(axis=-1)
    )


def cell(true: int, said: int) -> Metric:
    """Share of a class's galaxies that are called another."""
    return lambda m: _share(m[..., true, said], m[..., true, :].sum(axis=-1))


def average(one: Callable[[int], Metric], kinds: int) -> Metric:
    """The mean over the classes that occur; 0 for one that is never said, as scikit-learn has it."""

    def mean(m: np.ndarray) -> np.ndarray:
        values = np.stack([one(kind)(m) for kind in range(kinds)], axis=-1)
        there = m.sum(axis=-1) > 0
        return np.where(there, np.nan_to_num(values), 0.0).sum(axis=-1) / there.sum(axis=-1)

    return mean


def balanced(kinds: int) -> Metric:
    """The mean recall."""
    return average(recall, kinds)


def _share(part: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.divide(part, of, out=np.full(np.shape(of), np.nan), where=np.asarray(of) > 0)
