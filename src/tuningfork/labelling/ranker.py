"""From answers to scores: vectors prepared once, a head fitted in milliseconds, one matrix product over the
pool.
"""

import copy
import hashlib
from dataclasses import dataclass

import numpy as np

from tuningfork.heads import heads
from tuningfork.labelling.preparation import Preparation
from tuningfork.labelling.strategies import Answered, Strategy

__all__ = ["Ranker", "Ranking"]

_LARGEST_WEAK_SHARE = 0.2  # of a small pool: most of what is looked for must not be called a negative


@dataclass(frozen=True)
class Ranking:
    """What the pool looks like after some answers; never changed once made.

    ``scores`` float32 [n] (nan where a galaxy has no vector), ``rank`` int [n] from 1 (0 where there is no
    score), ``learnt`` whether any positive is known, ``version`` a hash of everything that went in.
    """

    scores: np.ndarray
    rank: np.ndarray
    learnt: bool
    version: str


class Ranker:
    """Scores a pool of galaxies by what was answered.

    ``vectors`` float32 [n, d] are the pool's, prepared once; ``prepare`` does the same to others.

    Parameters
    ----------
    vectors : float32 [n, D]
        Embeddings.
    present : bool [n]
        Which of them are there.
    head : str
        Name in the registry of heads.
    seed : int
        Of the weak negatives and the head.
    held_out : bool [n], optional
        Galaxies that are scored but never learnt from, not even as weak negatives.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        present: np.ndarray,
        *,
        head: str = "logistic",
        seed: int = 0,
        held_out: np.ndarray | None = None,
    ):
        self.present = present
        self._background = present if held_out is None else present & ~held_out
        self.prepare = Preparation(vectors, present)
        self.vectors = self.prepare(vectors)
        self.vectors[~present] = 0
        self.head, self.seed = head, seed
        self._make_head = heads.get(head)

    def with_head(self, head: str) -> "Ranker":
        """The same pool under another head."""
        other = copy.copy(self)
        other.head, other._make_head = head, heads.get(head)
        return other

    def rank(self, history: tuple[Answered, ...], outside: np.ndarray, recipe: Strategy) -> Ranking:
        """Fit and score.

        Parameters
        ----------
        history : tuple of Answered
            What was answered, at most once per row.
        outside : float32 [m, D]
            Prepared vectors of positive examples that are not in the pool.
        recipe : Strategy
            Says how many weak negatives to learn from.
        """
        version = self._version(history, outside, recipe)
        positive = [a.row for a in history if a.positive]
        if not positive and not len(outside):
            return self._ranking(np.zeros(len(self.vectors), np.float32), False, version)
        negative = [a.row for a in history if not a.positive]
        weak = self._weak_negatives(history, recipe, bool(negative))
        X = np.concatenate([outside, self.vectors[positive], self.vectors[negative], self.vectors[weak]])
        positives = len(outside) + len(positive)
        y = (np.arange(len(X)) < positives).astype(np.int64)
        weight = np.ones(len(X))
        weight[len(X) - len(weak) :] = recipe.weak_weight
        if positives == len(X):
            scores = self.vectors @ X.mean(0)  # a pool without anything else to learn from
        else:
            head = self._make_head(standardise=False).fit(X, y, weight, seed=self.seed)
            scores = head.scores(self.vectors)[:, 1]
        return self._ranking(scores, True, version)

    def _weak_negatives(self, history: tuple[Answered, ...], recipe: Strategy, known: bool) -> np.ndarray:
        """Random unlabelled rows, drawn anew with every answer: one that is a positive is not held down for
        long.
        """
        if recipe.weak_once and known:
            return np.empty(0, np.int64)
        unlabelled = self._background.copy()
        unlabelled[[a.row for a in history]] = False
        rows = np.flatnonzero(unlabelled)
        count = min(recipe.weak_negatives, int(len(rows) * _LARGEST_WEAK_SHARE))
        rng = np.random.default_rng([self.seed, 2, len(history)])
        return np.sort(rng.choice(rows, count, replace=False))

    def _ranking(self, scores: np.ndarray, learnt: bool, version: str) -> Ranking:
        scores = np.where(self.present, scores, np.nan).astype(np.float32)
        rank = np.zeros(len(scores), np.int64)
        order = np.argsort(-scores, kind="stable")[: int(self.present.sum())]  # nan sorts last
        rank[order] = np.arange(1, len(order) + 1)
        return Ranking(scores, rank, learnt, version)

    def _version(self, history: tuple[Answered, ...], outside: np.ndarray, recipe: Strategy) -> str:
        facts = [
            self.head,
            self.seed,
            recipe.weak_negatives,
            recipe.weak_weight,
            recipe.weak_once,
            len(self.vectors),
        ]
        digest = hashlib.sha256(repr((facts, sorted((a.row, a.positive) for a in history))).encode())
        digest.update(np.ascontiguousarray(outside).tobytes())
        return digest.hexdigest()[:12]
