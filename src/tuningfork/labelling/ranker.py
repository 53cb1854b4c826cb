"""From answers to scores: vectors prepared once, a head fitted in milliseconds, one matrix product over the
pool.
"""

import copy
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.heads import heads
from tuningfork.labelling.preparation import Preparation
from tuningfork.labelling.prevalence import at_prevalence
from tuningfork.labelling.ranking import Ranking
from tuningfork.labelling.strategies import Answered, Strategy

__all__ = ["Ranker", "Ranking"]

_LARGEST_WEAK_SHARE = 0.2  # of a small pool: most of what is looked for must not be called a negative
_BLOCK = 65_536  # rows scored at a time


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
    widths : sequence of int, optional
        How the D numbers divide among encoders; all of one when not given.
    classes : int, optional
        Number of classes of a question of several; a yes/no question when not given.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        present: np.ndarray,
        *,
        head: str = "logistic",
        seed: int = 0,
        held_out: np.ndarray | None = None,
        widths: Sequence[int] | None = None,
        classes: int | None = None,
    ):
        self.prepare, self._of = Preparation(vectors, present, widths=widths), ""
        prepared = self.prepare(vectors)
        prepared[~present] = 0
        self._take(prepared, present, held_out, head=head, seed=seed, classes=classes)

    @classmethod
    def of_prepared(
        cls,
        vectors: Any,
        present: np.ndarray,
        prepare: Preparation,
        *,
        head: str = "logistic",
        seed: int = 0,
        held_out: np.ndarray | None = None,
        classes: int | None = None,
        of: str = "",
    ) -> "Ranker":
        """A ranker over vectors that were prepared before, as those that `DiskVectors` keeps on disk; ``of``
        says whose they are, for the version of its scores.
        """
        made = cls.__new__(cls)
        made.prepare, made._of = prepare, of
        made._take(vectors, present, held_out, head=head, seed=seed, classes=classes)
        return made

    def _take(self, vectors: Any, present: np.ndarray, held_out: np.ndarray | None, **settings: Any) -> None:
        self.vectors, self.present = vectors, present
        self._background = present if held_out is None else present & ~held_out
        self.head, self.seed, self.classes = settings["head"], settings["seed"], settings["classes"]
        self._make_head = heads.get(self.head)

    def with_head(self, head: str) -> "Ranker":
        """The same pool under another head."""
        other = copy.copy(self)
        other.head, other._make_head = head, heads.get(head)
        return other

    def rank(
        self,
        history: tuple[Answered, ...],
        outside: np.ndarray,
        recipe: Strategy,
        *,
        target: int = 0,
        prevalence: float | None = None,
    ) -> Ranking:
        """Fit and score.

        Parameters
        ----------
        history : tuple of Answered
            What was answered, at most once per row.
        outside : float32 [m, D]
            Prepared vectors of positive examples that are not in the pool.
        recipe : Strategy
            Says how many weak negatives to learn from.
        target : int
            In a question of several classes, the one whose probability is the score; pictures from outside
            are examples of it.
        prevalence : float, optional
            The share of positives in the pool, from 0 to 1: the mean probability is made to agree with it
            over the galaxies that are not answered. A question of several classes takes none.
        """
        if self.classes is not None:
            return self._rank_classes(history, outside, target)
        version = self._version(history, outside, recipe, prevalence)
        positive = [a.row for a in history if a.positive]
        if not positive and not len(outside):
            return self._nothing(version)
        negative = [a.row for a in history if not a.positive]
        weak = self.weak_negatives(history, recipe, bool(negative))
        X = np.concatenate([outside, self.vectors[positive + negative], self.vectors[weak]])
        positives = len(outside) + len(positive)
        y = (np.arange(len(X)) < positives).astype(np.int64)
        weight = np.ones(len(X))
        weight[len(X) - len(weak) :] = recipe.weak_weight
        alone = positives == len(X)  # a pool without anything else to learn from
        scores = self.vectors @ X.mean(0) if alone else self._scored(X, y, weight)[:, 1]
        scores = self._absent_is_nan(scores)
        if prevalence is not None and not alone:
            scores = self._at(prevalence, scores, history, len(positive))
        return Ranking(scores, True, version)

    def _at(
        self, prevalence: float, scores: np.ndarray, history: tuple[Answered, ...], found: int
    ) -> np.ndarray:
        """Scores that promise as many further finds as the prevalence leaves."""
        open_ = self.present.copy()
        open_[[a.row for a in history]] = False
        left = prevalence * int(self.present.sum()) - found
        return at_prevalence(scores, np.flatnonzero(open_), left / max(int(open_.sum()), 1))

    def _rank_classes(self, history: tuple[Answered, ...], outside: np.ndarray, target: int) -> Ranking:
        """The same for a question of several classes; a galaxy without a class trains nothing."""
        assert self.classes is not None
        version = self._version(history, outside, target)
        probabilities = self.of_classes(history, outside, target, classes=self.classes)
        if probabilities is None:
            return self._nothing(version)
        return Ranking(probabilities[:, target], True, version, probabilities)

    def of_classes(
        self, history: tuple[Answered, ...], outside: np.ndarray, target: int, *, classes: int
    ) -> np.ndarray | None:
        """The probability of each class: float32 [n, K], nan where a galaxy has no vector; None while fewer
        than two classes are known. Pictures from outside are of the class ``target``.
        """
        told = [a for a in history if a.target is not None]
        y = np.array([target] * len(outside) + [a.target for a in told], np.int64)
        if len(np.unique(y)) < 2:
            return None
        X = np.concatenate([outside, self.vectors[[a.row for a in told]]])
        probabilities = np.zeros((len(self.vectors), classes), np.float32)
        scored = self._scored(X, y, None)
        probabilities[:, : scored.shape[1]] = scored
        return self._absent_is_nan(probabilities)

    def _scored(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        """Probabilities float32 [n, K] of the pool, a block at a time."""
        head = self.fitted(X, y, weight)
        out = np.empty((len(self.vectors), int(y.max()) + 1), np.float32)
        for start in range(0, len(out), _BLOCK):
            out[start : start + _BLOCK] = head.scores(self.vectors[start : start + _BLOCK])
        return out

    def fitted(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
        """A head of the ranker's kind, fitted to prepared vectors [n, d], classes [n] and weights [n]."""
        return self._make_head(standardise=False).fit(X, y, weight, seed=self.seed)

    def weak_negatives(self, history: tuple[Answered, ...], recipe: Strategy, known: bool) -> np.ndarray:
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

    def _nothing(self, version: str) -> Ranking:
        return Ranking(self._absent_is_nan(np.zeros(len(self.vectors), np.float32)), False, version)

    def _absent_is_nan(self, values: np.ndarray) -> np.ndarray:
        values = np.array(values, np.float32)
        values[~self.present] = np.nan
        return values

    def _version(
        self,
        history: tuple[Answered, ...],
        outside: np.ndarray,
        recipe: Strategy | int,
        prevalence: float | None = None,
    ) -> str:
        asked = (
            recipe
            if isinstance(recipe, int)
            else (recipe.weak_negatives, recipe.weak_weight, recipe.weak_once)
        )
        facts = (self.head, self.seed, self.classes, asked, len(self.vectors))
        facts += () if prevalence is None else (prevalence,)
        facts += (self._of,) if self._of else ()
        answers = sorted((a.row, a.positive, -1 if a.target is None else a.target) for a in history)
        digest = hashlib.sha256(repr((facts, answers)).encode())
        digest.update(np.ascontiguousarray(outside).tobytes())
        return digest.hexdigest()[:12]
