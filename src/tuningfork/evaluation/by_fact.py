"""Results by magnitude, size or any other fact: a mean over all galaxies hides the faint and the small."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.intervals import Interval, wilson
from tuningfork.evaluation.judged import Judged

__all__ = ["FactBin", "by_fact"]

_FEWEST = 10  # galaxies in a bin


@dataclass(frozen=True)
class FactBin:
    """Galaxies with about the same magnitude, size, ...

    Parameters
    ----------
    low, high : float
        The least and largest value in it.
    n : int
    accuracy : Interval
        Wilson 95 %.
    majority : float
        The share of the commonest class of all galaxies in this bin.
    confidence : float
        What the classifier expects of its accuracy here.
    """

    low: float
    high: float
    n: int
    accuracy: Interval
    majority: float
    confidence: float


def by_fact(judged: Judged, fact: str, *, bins: int = 6) -> list[FactBin]:
    """Accuracy in bins of one fact with equally many galaxies; equal values are never parted.

    Galaxies without the number take no part; there are fewer bins where each would hold less than ten.
    """
    values = judged.facts[fact]
    known = np.flatnonzero(np.isfinite(values))
    bins = max(1, min(bins, len(known) // _FEWEST))
    if not len(known):
        return []
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, values[known], side="left")
    out = []
    for number in np.unique(place):
        rows = known[place == number]
        right = wilson(int(judged.right[rows].sum()), len(rows))
        common = float((judged.truth[rows] == judged.commonest).mean())
        sure = float(judged.confidence[rows].mean())
        out.append(
            FactBin(float(values[rows].min()), float(values[rows].max()), len(rows), right, common, sure)
        )
    return out
