"""How many finds the next page will hold, from how past scores turned out."""

import numpy as np

__all__ = ["FEWEST_ANSWERS", "expected_finds"]

FEWEST_ANSWERS = 30
"""Fewer answers say too little about what a score is worth."""
_LATEST = 300
_EDGE = 1e-4


def expected_finds(
    scores: np.ndarray, found: np.ndarray, ahead: np.ndarray, *, level: float = 0.8, seed: int = 0
) -> tuple[int, int] | None:
    """A range for the number of finds among the galaxies ahead.

    Each score was written down before its galaxy was answered, so the answers judge the scores: a line is
    fitted from their log-odds to those of a find (Platt 1999) on the last 300, with a weak prior that holds
    the slope near 1. The range is that of draws over the line's uncertainty (Gaussian, at the maximum) and
    over the outcome of each galaxy.

    Parameters
    ----------
    scores : float [n]
        From 0 to 1, as they stood when each galaxy was handed out, in order.
    found : bool [n]
        Whether it was a find.
    ahead : float [m]
        Scores of the galaxies that come next.
    level : float
        Of the range, above 0 to below 1.
    seed : int
        Of the draws.

    Returns
    -------
    tuple of int or None
        Lowest and highest number; None for fewer than `FEWEST_ANSWERS` answers.
    """
    scores, found = np.asarray(scores, float)[-_LATEST:], np.asarray(found, bool)[-_LATEST:]
    if len(scores) < FEWEST_ANSWERS or not len(ahead):
        return None
    X = np.stack([_log_odds(scores), np.ones(len(scores))], 1)
    line, spread = _fitted(X, found.astype(float))
    rng = np.random.default_rng(seed)
    lines = rng.multivariate_normal(line, spread, size=2_000)
    odds = lines[:, :1] * _log_odds(np.asarray(ahead, float)) + lines[:, 1:]
    hits = (rng.random(odds.shape) < _sigmoid(odds)).sum(1)
    low, high = np.quantile(hits, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return int(low), int(high)


def _fitted(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The line [slope, level] and its covariance; prior: slope 1 +- 1, level 0 +- 5."""
    centre, precision = np.array([1.0, 0.0]), np.diag([1.0, 0.04])
    line = centre.copy()
    for _ in range(50):  # Newton; the problem is convex
        p = _sigmoid(X @ line)
        slope = X.T @ (y - p) - precision @ (line - centre)
        bend = (X.T * (p * (1 - p))) @ X + precision
        step = np.linalg.solve(bend, slope)
        line = line + step * min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return line, np.linalg.inv(bend)


def _log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))
