"""A question put to the galaxies of a collection: who is learnt from, who is judged, what features say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.papers.lvm.questions import Question
from tuningfork.papers.opening import PARTS

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["Asked", "ask"]

FOLDS = 5
_PENALTIES = tuple(10.0**power for power in range(-1, 6))


@dataclass(frozen=True)
class Asked:
    """A question with its galaxies.

    Parameters
    ----------
    question : Question
    rows : ndarray
        (n,) rows of the galaxies that take part.
    truth : ndarray
        (n,) what is to be said of each.
    train, test : ndarray or None
        Places among ``rows`` of the galaxies of the given parts; None where folds are drawn.
    groups : ndarray or None
        (n,) group of each.
    """

    question: Question
    rows: np.ndarray
    truth: np.ndarray
    train: np.ndarray | None = None
    test: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def judged(self) -> np.ndarray:
        """Places among ``rows`` that are judged."""
        return np.arange(len(self.rows)) if self.test is None else self.test

    @property
    def how(self) -> str:
        """Where the judged galaxies come from, for the table."""
        if self.test is not None:
            return "val"
        return f"{FOLDS} folds" + (f" by {self.question.group}" if self.question.group else "")

    def said(self, X: np.ndarray, repeats: int) -> np.ndarray:
        """What a linear model on features (n, D) says of the judged galaxies, (repeats, m); each repeat draws
        folds of its own, given parts need one."""
        if self.train is not None and self.test is not None:
            return self._learnt(X, self.train, self.test, 0)[None]
        every = np.empty((repeats, len(self.rows)))
        for seed in range(repeats):
            for train, test in self._folds(seed):
                every[seed, test] = self._learnt(X, train, test, seed)
        return every

    def unseen(self) -> np.ndarray:
        """What is said without looking, (1, m): the mean of the galaxies learnt from."""
        mean = self.truth[self.train].mean() if self.train is not None else self.truth.mean()
        return np.full((1, len(self.judged)), mean)

    def _folds(self, seed: int) -> Any:
        from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

        kind = StratifiedKFold if self.groups is None else StratifiedGroupKFold
        folds = kind(FOLDS, shuffle=True, random_state=seed)
        return folds.split(self.rows, self.truth.astype(int), self.groups)

    def _learnt(self, X: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
        mean, spread = X[train].mean(0), X[train].std(0)
        X = (X - mean) * np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0)
        if self.question.measure == "MAE":
            from sklearn.linear_model import RidgeCV

            model = RidgeCV(_PENALTIES).fit(X[train], self.truth[train])  # leave-one-out, on these alone
            return model.predict(X[test]).clip(0, 1)
        from tuningfork.evaluation.probe import fit_probe

        return fit_probe(X[train], self.truth[train], seed).predict_proba(X[test])[:, 1]


def ask(question: Question, collection: "Collection", present: np.ndarray, *, quiet: bool) -> Asked:
    """The galaxies of a question. Those of the column "split" where there is one, without twins across the
    parts; else all, to be judged in folds.

    Parameters
    ----------
    present : ndarray
        (len(collection),) bool: which galaxies have features.

    Raises
    ------
    UnknownNameError
        The column is not there.
    DataError
        Too few galaxies answer the question.
    """
    truth = question.target(_objects(collection, question.column))
    whole = present & np.isfinite(truth)
    groups = _objects(collection, question.group).astype(str) if question.group else None
    parts = _parts(collection, question, quiet) if groups is None else None
    if parts is not None:
        in_parts = np.zeros(len(whole), bool)
        in_parts[np.concatenate(parts)] = True
        whole &= in_parts
    rows = np.flatnonzero(whole)
    train, test = (np.flatnonzero(np.isin(rows, part)) for part in parts) if parts else (None, None)
    learning = truth[rows] if train is None else truth[rows[train]]
    yes_or_no = question.measure != "MAE"
    if len(learning) < 2 * FOLDS or (yes_or_no and min((learning == v).sum() for v in (0, 1)) < FOLDS):
        raise DataError(
            f"too few galaxies answer '{question.name}' ({len(learning)} to learn from)",
            where=f"{collection.name}, column '{question.column}'",
        )
    return Asked(question, rows, truth[rows], train, test, None if groups is None else groups[rows])


def _parts(collection: "Collection", question: Question, quiet: bool) -> tuple[np.ndarray, np.ndarray] | None:
    from tuningfork.tasks.features import split_collection

    if "split" not in collection.columns or not set(PARTS) <= set(_objects(collection, "split").tolist()):
        return None
    split = split_collection(
        collection, label_column=question.column, split_column="split", values=PARTS, quiet=quiet
    )
    return split.train, split.test


def _objects(collection: "Collection", column: str) -> np.ndarray:
    values = np.empty(len(collection), dtype=object)
    values[:] = collection.catalogue([column])[column].to_pylist()
    return values
