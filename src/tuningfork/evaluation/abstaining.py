"""How sure a classifier must be for a sample of a wanted purity, and what that costs in completeness."""

from dataclasses import dataclass

import numpy as np

from tuningfork.errors import DataError
from tuningfork.evaluation.intervals import Interval, wilson, wilson_ends
from tuningfork.evaluation.judged import Judged

__all__ = ["Abstention", "abstain_threshold", "answered_at", "purity_completeness"]

_POINTS = 200


@dataclass(frozen=True)
class Abstention:
    """What is left when less sure answers are withheld.

    Parameters
    ----------
    threshold : float
        Answers with at least this confidence are given.
    purity : Interval
        Share of them that is right, Wilson 95 %.
    answered : Interval
        Share of all galaxies that get an answer, Wilson 95 %.
    """

    threshold: float
    purity: Interval
    answered: Interval


def abstain_threshold(judged: Judged, purity: float, *, surely: bool = False) -> Abstention:
    """The lowest confidence above which answers are as pure as wanted.

    Choose it on galaxies that did not train the network; what it does elsewhere is for `answered_at` to say
    on others still, since the lowest threshold that looks good enough is a little too good.

    Parameters
    ----------
    purity : float
        Between 0 and 1.
    surely : bool
        Ask it of the lower end of the interval.

    Raises
    ------
    DataError
        No threshold is as pure; the best is told.
    """
    if not 0 < purity < 1:
        raise ValueError(f"a purity of {purity}")
    order = np.argsort(-judged.confidence, kind="stable")
    confidence, hits = judged.confidence[order], np.cumsum(judged.right[order])
    kept = np.arange(1, len(judged) + 1)
    ends = np.flatnonzero(np.append(confidence[1:] < confidence[:-1], True))  # equals go together
    share = wilson_ends(hits, kept)[0][ends] if surely else (hits / kept)[ends]
    good = ends[share >= purity]
    if not len(good):
        best = ends[int(share.argmax())]
        raise DataError(
            f"a purity of {purity:g} is not reached: the best is {share.max():.3f}, "
            f"of {best + 1:,} galaxies with a confidence of {confidence[best]:.3f} and more"
        )
    return answered_at(judged, float(confidence[good[-1]]))


def answered_at(judged: Judged, threshold: float) -> Abstention:
    """Purity and share of the answers with that confidence or more; the purity of none is NaN."""
    kept = judged.confidence >= threshold
    n = int(kept.sum())
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    purity = wilson(int(judged.right[kept].sum()), n) if n else nothing
    return Abstention(threshold, purity, wilson(n, len(judged)))


def purity_completeness(judged: Judged, kind: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The curve of samples "p(class) at least t": thresholds, completeness and purity, (m,) each, m <= 200.

    From the highest threshold to the one with which the class is complete.
    """
    score, own = judged.probabilities[:, kind], judged.truth == kind
    if not own.any():
        return np.empty(0), np.empty(0), np.empty(0)
    order = np.argsort(-score, kind="stable")
    score, hits = score[order], np.cumsum(own[order])
    ends = np.flatnonzero(np.append(score[1:] < score[:-1], True))
    ends = ends[: int(np.searchsorted(hits[ends], own.sum())) + 1]
    if len(ends) > _POINTS:  # evenly in completeness, where the curve is looked at
        at = np.searchsorted(hits[ends], np.linspace(hits[ends[0]], own.sum(), _POINTS))
        ends = ends[np.unique(at)]
    return score[ends], hits[ends] / own.sum(), hits[ends] / (ends + 1)
