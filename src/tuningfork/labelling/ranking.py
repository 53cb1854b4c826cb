"""What a pool looks like after some answers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Ranking"]


@dataclass(frozen=True)
class Ranking:
    """Scores and places; never changed once made.

    Parameters
    ----------
    scores : float32 [n]
        The probability of what is looked for, nan where a galaxy has no vector.
    learnt : bool
        Whether anything was learnt.
    version : str
        A hash of everything that went in.
    probabilities : float32 [n, K], optional
        In a question of several classes, of each.
    """

    scores: np.ndarray
    learnt: bool
    version: str
    probabilities: np.ndarray | None = None

    @cached_property
    def rank(self) -> np.ndarray:
        """Places int [n] from 1, ties in order of rows; 0 where there is no score. Sorts the pool once."""
        rank = np.zeros(len(self.scores), np.int64)
        order = np.argsort(-self.scores, kind="stable")  # nan sorts last
        order = order[: len(order) - int(np.isnan(self.scores).sum())]
        rank[order] = np.arange(1, len(order) + 1)
        return rank

    def places(self, rows: np.ndarray | list[int]) -> np.ndarray:
        """The places int [m] of some rows: sorts only the scores that are not below theirs."""
        rows = np.asarray(rows, np.int64)
        if "rank" in self.__dict__:  # the whole pool was sorted already
            return self.rank[rows]
        places = np.zeros(len(rows), np.int64)
        there = ~np.isnan(self.scores[rows])
        if not there.any():
            return places
        above = np.flatnonzero(self.scores >= self.scores[rows[there]].min())
        place = np.empty(len(above), np.int64)
        place[np.argsort(-self.scores[above], kind="stable")] = np.arange(1, len(above) + 1)
        places[there] = place[np.searchsorted(above, rows[there])]
        return places
