"""Means over classes with intervals that are made of each class's own.

A bootstrap has nothing to vary where not one answer is wrong, and too little where a class of a few galaxies
happens to be all right. Here each class has Wilson's interval, and distances to its ends are squared and
added: MOVER, for linear functions of shares (Zou, Huang & Zhang 2009, Comput. Stat. Data Anal. 53, 1080).
"""

import numpy as np

from tuningfork.evaluation.intervals import Interval, wilson_ends

__all__ = ["f1_of", "mean_f1", "mean_share"]


def mean_share(hits: np.ndarray, of: np.ndarray) -> Interval:
    """The mean over classes of hits / of, as of recalls or precisions, with its 95 % interval.

    Parameters
    ----------
    hits, of : ndarray
        (K,) counts. A class without trials counts 0, and anything from 0 to 1 could be true of it.
    """
    share, low, high = _ends(hits, of)
    return _joined(share, low, high, 1)


def f1_of(
    hits: np.ndarray, either: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F1 of each class and its ends, (K,) each.

    F1 = 2 J / (1 + J), where J is the share of the galaxies said or true to be of a class that are both: the
    ends are Wilson's for J ("Wilson indirect", Lam, Gopal & Qian 2023, arXiv:2309.14621).

    Parameters
    ----------
    hits, either : ndarray
        (K,) galaxies that are both said and true to be of a class, and those that are one or the other.
    """
    share, low, high = (2 * ends / (1 + ends) for ends in _ends(hits, either, level))
    return share, low, high


def mean_f1(hits: np.ndarray, either: np.ndarray, level: float = 0.95) -> Interval:
    """The mean over classes of `f1_of` with its interval.

    One wrong answer touches two classes, so squares count twice: for any errors of pairs (a + b)^2 is at most
    2 a^2 + 2 b^2, with equality for classes of one size.
    """
    return _joined(*f1_of(hits, either, level), min(2, len(hits)))


def _ends(hits: np.ndarray, of: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hits, of = np.asarray(hits, np.float64), np.asarray(of, np.float64)
    tried, known = of > 0, np.maximum(of, 1)
    low, high = wilson_ends(hits, known, level)
    return hits / known, np.where(tried, low, 0.0), np.where(tried, high, 1.0)


def _joined(value: np.ndarray, low: np.ndarray, high: np.ndarray, shared: int) -> Interval:
    """The mean; each of its errors is in ``shared`` of the values."""
    mean, weight = float(value.mean()), np.sqrt(shared) / len(value)
    below, above = (weight * float(np.sqrt(np.square(end - value).sum())) for end in (low, high))
    return Interval(mean, max(0.0, mean - below), min(1.0, mean + above))
