"""What a head says of galaxies it has learnt from, had it not: by fitting it to the others."""

import numpy as np

from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.strategies import Answered, Strategy

__all__ = ["held_out"]

_FOLDS = 5


def held_out(
    ranker: Ranker, history: tuple[Answered, ...], outside: np.ndarray, recipe: Strategy
) -> np.ndarray | None:
    """Cross-validated scores of the answered galaxies, by the head that scores the pool now.

    Scores that were written down when galaxies were asked come from heads that knew less; what one of 0.3
    meant then it does not mean now.

    Parameters
    ----------
    ranker : Ranker
        Of a yes/no question.
    history, outside, recipe
        As for `Ranker.rank`.

    Returns
    -------
    float32 [len(history)] or None
        None where a part would leave nothing of either kind to learn from.
    """
    positive = np.array([a.positive for a in history], bool)
    rows = np.array([a.row for a in history], np.int64)
    weak = ranker.weak_negatives(history, recipe, not positive.all())
    if positive.sum() + len(outside) < 2 or (~positive).sum() + len(weak) < 2:
        return None
    fold = np.empty(len(rows), np.int64)
    rng = np.random.default_rng([ranker.seed, 9])
    for kind in (positive, ~positive):  # both kinds in every part
        fold[rng.permutation(np.flatnonzero(kind))] = np.arange(kind.sum()) % _FOLDS
    scores = np.empty(len(rows), np.float32)
    for part in np.unique(fold):
        learnt, left = fold != part, fold == part
        X = np.concatenate([outside, ranker.vectors[rows[learnt]], ranker.vectors[weak]])
        y = np.concatenate([np.ones(len(outside)), positive[learnt], np.zeros(len(weak))]).astype(np.int64)
        weight = np.ones(len(X))
        weight[len(X) - len(weak) :] = recipe.weak_weight
        if len(np.unique(y)) < 2:
            return None
        scores[left] = ranker.fitted(X, y, weight).scores(ranker.vectors[rows[left]])[:, 1]
    return scores
