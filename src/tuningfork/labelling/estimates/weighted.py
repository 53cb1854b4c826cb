"""A weighted sum of counts with an interval that holds for few counts."""

from dataclasses import dataclass

import numpy as np

__all__ = ["FEWEST_HITS", "Estimate", "weighted_total"]

FEWEST_HITS = 5
"""Below so many hits of an audit only a one-sided bound is given: the number itself would flatter."""


@dataclass(frozen=True)
class Estimate:
    """A number and its interval.

    ``value`` is None where there were too few hits for one, and there the interval is open to one side.
    ``level`` is the confidence of the interval, two-sided or one-sided.
    """

    value: float | None
    low: float
    high: float
    level: float = 0.95


def weighted_total(
    hits: np.ndarray,
    weights: np.ndarray,
    reach: np.ndarray,
    spread: np.ndarray,
    *,
    level: float = 0.95,
    most: float = np.inf,
) -> Estimate:
    """The sum of ``weights * hits``, for a stratified sample, with the gamma interval.

    Fay & Feuer (1997, Statistics in Medicine 16, 791): the interval of a weighted sum of Poisson counts. It
    is that of a gamma distribution with the sum's mean and variance; for the upper end one more hit of the
    largest weight is assumed. It holds at zero hits, where it is the exact one of the stratum that was
    sampled most thinly, and is conservative. Hits of a draw without replacement vary less than Poisson
    counts, which errs to the same side.

    Parameters
    ----------
    hits : int [h]
        Positives among the sampled of each stratum.
    weights : float [h]
        What a hit stands for: unseen galaxies over sampled ones.
    reach : float [h]
        What one more hit could stand for at most, see `tuningfork.labelling.estimates.audit`.
    spread : float [h]
        Variance that a hit contributes, from the stratum's sampled share.
    level : float
        Confidence; two-sided from `FEWEST_HITS` hits on, one-sided (an upper bound) below.
    most : float
        Nothing above this is possible.
    """
    from scipy.stats import chi2

    if not len(hits):
        return Estimate(0.0, 0.0, 0.0, level)
    few = int(hits.sum()) < FEWEST_HITS
    tail = 1 - level if few else (1 - level) / 2
    total, variance = float(weights @ hits), float(spread @ hits)
    low = 0.0
    if not few and total > 0 and variance > 0:
        low = variance / (2 * total) * float(chi2.ppf(tail, 2 * total**2 / variance))
    elif not few:
        low = total
    far, above = float(reach.max()), total
    if far > 0:
        mean, square = total + far, variance + far**2
        above = square / (2 * mean) * float(chi2.isf(tail, 2 * mean**2 / square))
    return Estimate(None if few else min(total, most), low, min(above, most), level)
