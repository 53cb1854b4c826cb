"""Sets of classes that hold the true one as often as promised (split conformal prediction)."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.intervals import Interval, wilson
from tuningfork.evaluation.judged import Judged

__all__ = ["Coverage", "conformal_threshold", "coverage_of", "fewest_for", "prediction_sets"]


@dataclass(frozen=True)
class Coverage:
    """How often sets hold the true class.

    Parameters
    ----------
    covered : Interval
        Measured share, Wilson 95 %.
    size : float
        Classes in a set, mean.
    single : float
        Share of sets with one class.
    by_class : dict
        Class -> measured share, of classes that occur.
    """

    covered: Interval
    size: float
    single: float
    by_class: dict[str, Interval]


def conformal_threshold(
    probabilities: np.ndarray, truth: np.ndarray, coverage: float, *, by_class: bool = False
) -> float | np.ndarray:
    """How unlikely a class may be and still belong to a set (Sadinle, Lei & Wasserman 2019, JASA 114, 223).

    The score of a galaxy is 1 - p(true class); the threshold is its ceil((n + 1) coverage)-th smallest value.
    If new galaxies are like these, sets hold the true class with at least that chance, whatever the network.

    Parameters
    ----------
    probabilities : ndarray
        (n, K) of galaxies that did not train the network.
    truth : ndarray
        (n,) int.
    coverage : float
        Between 0 and 1.
    by_class : bool
        One threshold a class, so that the promise holds for rare classes as well (Vovk 2012,
        arXiv:1209.2673). A class with too few galaxies belongs to every set.

    Returns
    -------
    float or ndarray
        Threshold, or (K,) of them; 1 lets everything in.
    """
    if not 0 < coverage < 1 or not len(truth):
        raise ValueError(f"a coverage of {coverage} from {len(truth)} galaxies")
    scores = 1 - np.asarray(probabilities, np.float64)[np.arange(len(truth)), truth]
    if not by_class:
        return _quantile(scores, coverage)
    return np.array([_quantile(scores[truth == k], coverage) for k in range(probabilities.shape[1])])


def fewest_for(coverage: float) -> int:
    """How many galaxies a threshold of this coverage needs at least: 1 / (1 - coverage) - 1, rounded up.

    With fewer the threshold is 1, and every set holds all classes.
    """
    return int(np.ceil(1 / (1 - coverage) - 1 - 1e-9))


def prediction_sets(probabilities: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    """(n, K) bool: the classes that belong to each set. The likeliest class always does, so none is empty but
    that of a row of NaN.
    """
    known = np.isfinite(probabilities).all(axis=1)
    p = np.where(known[:, None], np.asarray(probabilities, np.float64), 0)
    inside = 1 - p <= np.asarray(threshold) + 1e-12
    inside[np.arange(len(p)), p.argmax(axis=1)] = True
    return inside & known[:, None]


def coverage_of(judged: Judged, sets: np.ndarray) -> Coverage:
    """What sets (n, K) do on galaxies that did not set the threshold."""
    hit = sets[np.arange(len(judged)), judged.truth]
    size = sets.sum(axis=1)
    by_class = {}
    for k, name in enumerate(judged.classes):
        own = judged.truth == k
        if own.any():
            by_class[name] = wilson(int(hit[own].sum()), int(own.sum()))
    covered = wilson(int(hit.sum()), len(judged))
    return Coverage(covered, float(size.mean()), float((size == 1).mean()), by_class)


def _quantile(scores: np.ndarray, coverage: float) -> float:
    place = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    return float(np.sort(scores)[place - 1]) if 0 < place <= len(scores) else 1.0
