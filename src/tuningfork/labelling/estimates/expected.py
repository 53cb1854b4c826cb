"""How many finds the next page will hold, from how past scores turned out."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

__all__ = ["FEWEST_ANSWERS", "Foresight", "expected_finds", "foresight"]

FEWEST_ANSWERS = 30
"""Fewer answers say too little about what a score is worth."""
_LATEST = 300
_HALF = 24.0
"""An answer of so many answers ago weighs half."""
_DRIFT = 1.0
"""By how much, in log-odds, scores may mean more or less ahead than among what was answered."""
_EDGE = 1e-4


@dataclass(frozen=True)
class Foresight:
    """What past scores turned out to be worth; the same for everybody, whatever lies ahead of them.

    Parameters
    ----------
    lines : float [2000, 2] or None
        Slopes and levels, from the log-odds of a score to those of a find; None where there were too few
        answers to judge.
    rng : Generator
        Where the draws of the outcomes begin; it is copied, so that the same galaxies get the same range.
    """

    lines: np.ndarray | None
    rng: np.random.Generator

    def finds(self, ahead: np.ndarray, *, level: float = 0.8) -> tuple[int, int] | None:
        """Lowest and highest number of finds among galaxies of these scores, see `expected_finds`; None
        without any, or where nothing was judged.
        """
        if self.lines is None or not len(ahead):
            return None
        odds = self.lines[:, :1] * _log_odds(np.asarray(ahead, float)) + self.lines[:, 1:]
        hits = (deepcopy(self.rng).random(odds.shape) < _sigmoid(odds)).sum(1)
        low, high = np.quantile(hits, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
        return int(low), int(high)


def foresight(scores: np.ndarray, found: np.ndarray, *, seed: int = 0) -> Foresight:
    """Judge scores by the answers, of which it takes `FEWEST_ANSWERS`; parameters as of `expected_finds`."""
    rng = np.random.default_rng(seed)
    scores, found = np.asarray(scores, float)[-_LATEST:], np.asarray(found, bool)[-_LATEST:]
    if len(scores) < FEWEST_ANSWERS:
        return Foresight(None, rng)
    lines = _lines(_log_odds(scores), found, rng)
    lines[:, 1] += rng.normal(0, _DRIFT, len(lines))
    return Foresight(lines, rng)


def expected_finds(
    scores: np.ndarray, found: np.ndarray, ahead: np.ndarray, *, level: float = 0.8, seed: int = 0
) -> tuple[int, int] | None:
    """A range for the number of finds among the galaxies ahead.

    No score has learnt from the answer to its galaxy, so the answers judge the scores: a line is fitted from
    their log-odds to those of a find (Platt 1999), with a weak prior for the slope. An answer weighs half as
    much as one that was given 24 answers later: finds run dry. The range is that of draws over the line's
    uncertainty, over a shift of what scores mean (galaxies that older heads chose judge those that the newest
    one chooses), and over the outcome of each galaxy. The weights and the shift were chosen by replay, see
    docs/estimates.md.

    Parameters
    ----------
    scores : float [n]
        From 0 to 1, in the order of the answers: of the head that scores ``ahead``, held out; else as they
        stood when each galaxy was handed out.
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
    return foresight(scores, found, seed=seed).finds(ahead, level=level)


def _lines(odds: np.ndarray, found: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slopes and levels [2000, 2] as probable as the answers leave them; prior: slope 1 +- 2, level 0 +- 2.5.

    On a grid: where all answers are alike the probabilities are far from Gaussian.
    """
    slope, level = (a.ravel() for a in np.meshgrid(np.linspace(-2, 6, 33), np.linspace(-10, 10, 61)))
    weight = 0.5 ** (np.arange(len(odds))[::-1] / _HALF)
    likely = -0.5 * ((slope - 1) / 2) ** 2 - 0.5 * (level / 2.5) ** 2
    for one, is_find, counts in zip(odds, found, weight, strict=True):
        here = slope * one + level
        likely -= counts * np.logaddexp(0, -here if is_find else here)
    share = np.exp(likely - likely.max())
    chosen = rng.choice(len(share), 2_000, p=share / share.sum())
    return np.stack([slope[chosen], level[chosen]], 1)


def _log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))
