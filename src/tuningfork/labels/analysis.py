"""What the votes of a catalogue tell before any network: the numbers of Doherty (2024), section 5.2.1."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labels.cumulative import to_cumulative
from tuningfork.labels.trees import Tree
from tuningfork.labels.votes import Votes

__all__ = ["VoteAnalysis", "analyse_votes"]

_SURE, _UNSURE = 0.5, 0.2  # figure 17: mean shares that are called high and low
_BLOCK = 10_000_000  # rows x answers of a block for the correlations


@dataclass(frozen=True)
class VoteAnalysis:
    """Numbers for each answer of a tree, in the order of its answers.

    Parameters
    ----------
    tree : Tree
    asked : ndarray
        (A,) int64: galaxies for which somebody was asked the answer's question.
    mean : ndarray
        (A,) mean share over all galaxies, 0 where nobody was asked, as in figure 16; NaN without columns.
    mean_asked : ndarray
        (A,) the same over the galaxies that were asked about.
    correlation : ndarray
        (A, A) Pearson's, over the galaxies that were asked both, as in figures 18 and 19; NaN where
        there are fewer than three or one of the two never changes.
    highest : ndarray
        (A,) int64 row of the galaxy with the largest share, as in figure 15; -1 where there is none.
    """

    tree: Tree
    asked: np.ndarray
    mean: np.ndarray
    mean_asked: np.ndarray
    correlation: np.ndarray
    highest: np.ndarray

    @property
    def sure(self) -> list[str]:
        """Answers with a mean share of 0.5 or more, the largest first (figure 17a)."""
        return self._sorted(self.mean >= _SURE, -1)

    @property
    def unsure(self) -> list[str]:
        """Answers with a mean share of 0.2 or less, the smallest first (figure 17b)."""
        return self._sorted(self.mean <= _UNSURE, 1)

    def _sorted(self, chosen: np.ndarray, sign: int) -> list[str]:
        rows = np.flatnonzero(chosen)
        return [self.tree.answers[row] for row in rows[np.argsort(sign * self.mean[rows], kind="stable")]]


def analyse_votes(votes: Votes, people: Votes | None = None) -> VoteAnalysis:
    """Means, correlations and the clearest galaxies.

    Parameters
    ----------
    votes : Votes
        Of any kind; shares of those who were asked are taken.
    people : Votes, optional
        Counts of the same galaxies. With these, the clearest galaxy of an answer is looked for among those
        that at least mean + 2 standard deviations people gave it, as in the paper. Without, a galaxy's
        share of all people counts: a full share of the two who came to a question says little.
    """
    shares = votes.fractions().values
    known = ~np.isnan(shares)
    there = known.any(axis=0)
    number = known.sum(axis=0)
    total = np.where(known, shares, 0.0).sum(axis=0)
    mean = np.where(there, total / max(len(shares), 1), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_asked = total / number
    if people is not None and people.kind == "count":
        highest = _highest(shares, people.values)
    else:
        highest = _highest(np.where(known, to_cumulative(votes.tree, shares), np.nan))
    return VoteAnalysis(votes.tree, number.astype(np.int64), mean, mean_asked, _correlation(shares), highest)


def _correlation(shares: np.ndarray) -> np.ndarray:
    """Pearson's coefficient of each pair of columns over the rows that have both."""
    known = ~np.isnan(shares)
    width = shares.shape[1]
    n, x, xx, xy = (np.zeros((width, width)) for _ in range(4))
    step = max(1, _BLOCK // max(width, 1))
    for start in range(0, len(shares), step):
        k = known[start : start + step].astype(float)
        v = np.where(known[start : start + step], shares[start : start + step], 0.0)
        n += k.T @ k
        x += v.T @ k  # sum of column i over the rows where j is known
        xx += (v * v).T @ k
        xy += v.T @ v
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = xx - x * x / n
        found = (xy - x * x.T / n) / np.sqrt(spread * spread.T)
    return np.where((n >= 3) & (spread > 1e-9) & (spread.T > 1e-9), np.clip(found, -1, 1), np.nan)


def _highest(shares: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    ranked = np.where(np.isnan(shares), -1.0, shares)
    if counts is not None:
        counts = np.nan_to_num(counts)
        limit = counts.mean(axis=0) + 2 * counts.std(axis=0)
        ranked = np.where(counts >= limit, ranked, -1.0)
    if not len(ranked):
        return np.full(shares.shape[1], -1, np.int64)
    best = ranked.argmax(axis=0)
    return np.where(ranked[best, np.arange(shares.shape[1])] >= 0, best, -1).astype(np.int64)
