"""Whether probabilities are meant: the reliability diagram, its error, and the temperature that mends it."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.intervals import RESAMPLES, Interval, percentiles, wilson
from tuningfork.evaluation.judged import Judged

__all__ = [
    "BINS",
    "Reliability",
    "ReliabilityBin",
    "fit_temperature",
    "reliability",
    "tempered",
    "tempered_across",
]

BINS = 15  # equally wide, as in Guo et al. (2017)
_LOWEST, _HIGHEST = 0.05, 20.0  # temperatures
_LEAST = 1e-12


@dataclass(frozen=True)
class ReliabilityBin:
    """Galaxies of which the classifier was about equally sure.

    Parameters
    ----------
    low, high : float
        Ends of the bin of confidence.
    n : int
    confidence : float
        Their mean confidence.
    right : Interval
        The share that is right, Wilson 95 %.
    """

    low: float
    high: float
    n: int
    confidence: float
    right: Interval


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram.

    Parameters
    ----------
    bins : tuple of ReliabilityBin
        Those with galaxies.
    error : Interval
        The expected calibration error: the mean over galaxies of |right - confidence| of their bin, with a 95
        % bootstrap interval. Chance alone makes it larger than 0: read it beside ``by_chance``.
    by_chance : float
        The mean error of the same galaxies and bins if every probability were meant.
    """

    bins: tuple[ReliabilityBin, ...]
    error: Interval
    by_chance: float


def reliability(judged: Judged, *, bins: int = BINS, seed: int = 0) -> Reliability:
    """How often the likeliest class is right, by its probability (Guo et al. 2017, arXiv:1706.04599, 2).

    Parameters
    ----------
    bins : int
        Equally wide bins between 0 and 1.
    """
    place = np.minimum((judged.confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=judged.right, minlength=bins).astype(int)
    sure = np.bincount(place, weights=judged.confidence, minlength=bins)
    there = np.flatnonzero(n)
    made = []
    for b in there:
        right = wilson(int(hits[b]), int(n[b]))
        made.append(ReliabilityBin(b / bins, (b + 1) / bins, int(n[b]), float(sure[b] / n[b]), right))
    rng, total = np.random.default_rng(seed), len(judged)
    mean, share = sure[there] / n[there], hits[there] / n[there]
    drawn = rng.multinomial(total, n[there] / total, RESAMPLES)
    errors = np.abs(rng.binomial(drawn, share) - drawn * mean).sum(axis=1) / total
    meant = np.abs(rng.binomial(n[there], mean.clip(0, 1), (RESAMPLES, len(there))) - n[there] * mean)
    value = float(np.abs(hits[there] - sure[there]).sum() / total)
    return Reliability(tuple(made), percentiles(value, errors), float(meant.sum(axis=1).mean() / total))


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature T for which softmax(logits / T) has the least cross-entropy (Guo et al. 2017, 4.2).

    Fit it on galaxies that neither trained nor judge the network. It changes no decision.

    Parameters
    ----------
    logits : ndarray
        (n, K) logits, or logarithms of probabilities, which differ from them by a number a row.
    truth : ndarray
        (n,) int.

    Returns
    -------
    float
        In 0.05..20; above 1 the network was too sure.
    """
    from scipy.optimize import minimize_scalar

    logits = np.asarray(logits, np.float64)
    if not len(logits) or len(logits) != len(truth):
        raise ValueError(f"{len(logits)} rows of logits and {len(truth)} classes")
    own = logits[np.arange(len(truth)), truth]

    def loss(log_t: float) -> float:
        from scipy.special import logsumexp

        t = np.exp(log_t)
        return float((logsumexp(logits / t, axis=1) - own / t).mean())

    found = minimize_scalar(loss, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded")
    return float(np.exp(found.x))  # pyright: ignore[reportAttributeAccessIssue]


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, K) at another temperature: their logarithms over it, adding up again. NaN stays."""
    from scipy.special import softmax

    if temperature == 1:
        return probabilities
    logs = np.log(np.maximum(probabilities.astype(np.float64), _LEAST)) / temperature
    return softmax(logs, axis=1).astype(probabilities.dtype)


def tempered_across(probabilities: np.ndarray, truth: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Each fold's probabilities at the temperature that all other folds set, so that no galaxy is judged by a
    temperature that its own answer chose.

    Parameters
    ----------
    probabilities : ndarray
        (n, K), finite.
    truth, fold : ndarray
        (n,) int; at least two folds.
    """
    out = np.empty_like(probabilities)
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST))
    for own in np.unique(fold):
        here = fold == own
        out[here] = tempered(probabilities[here], fit_temperature(logits[~here], truth[~here]))
    return out
