"""A head whose probabilities are meant: logistic regression, calibrated on answers it did not learn from."""

import numpy as np

from tuningfork.heads._training_set import checked
from tuningfork.heads.logistic import LogisticHead

__all__ = ["CalibratedHead"]

_EDGE = 1e-6


class CalibratedHead:
    """Logistic regression with sigmoid calibration (Platt 1999) on out-of-fold scores.

    The classes' weights are balanced for learning, and what balancing did to the probabilities is taken back:
    each class's log-odds against the rest are fitted anew, by two numbers, on scores of answers that a fold
    left out, at the weights that were given. For yes/no the order of scores is that of `LogisticHead`.

    Parameters
    ----------
    folds : int
        Parts of which each is left out once.
    **settings
        Of `LogisticHead`.
    """

    def __init__(self, *, folds: int = 3, **settings):
        if folds < 2:
            raise ValueError("folds are at least 2")
        self.folds, self._settings = folds, settings

    def fit(
        self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, seed: int = 0
    ) -> "CalibratedHead":
        """Learn from X [n, D], y [n], weight [n]; the seed deals the answers out to the folds.

        A class with fewer examples than folds cannot be left out: then the scores stay as they are.
        """
        X, y, weight = checked(X, y, weight)
        self._head = LogisticHead(**self._settings).fit(X, y, weight)
        self._lines = np.tile([1.0, 0.0], (int(y.max()) + 1, 1))
        counts = np.bincount(y[weight > 0])
        if counts[counts > 0].min() >= self.folds:
            self._lines = self._fitted(X, y, weight, seed)
        return self

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Probabilities float32 [n, K] of X [n, D]."""
        slope, level = self._lines.T
        odds = _log_odds(self._head.scores(X)) * slope + level
        told = 1 / (1 + np.exp(-odds))
        if told.shape[1] == 2:
            told[:, 0] = 1 - told[:, 1]
        return (told / told.sum(1, keepdims=True)).astype(np.float32)

    def _fitted(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray, seed: int) -> np.ndarray:
        """Slope and level [K, 2] of each class."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold

        known = np.flatnonzero(weight > 0)
        X, y, weight = X[known], y[known], weight[known]
        odds = np.empty((len(y), len(self._lines)))
        for learn, judge in StratifiedKFold(self.folds, shuffle=True, random_state=seed).split(X, y):
            head = LogisticHead(**self._settings).fit(X[learn], y[learn], weight[learn])
            odds[judge] = _log_odds(head.scores(X[judge]))
        lines = self._lines.copy()
        for number in np.unique(y):
            own = (y == number).astype(int)
            line = LogisticRegression(C=1.0).fit(odds[:, [number]], own, sample_weight=weight)
            if line.coef_[0, 0] > 0:  # a few answers can say the opposite by chance
                lines[number] = line.coef_[0, 0], line.intercept_[0]
        return lines


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    p = np.clip(probabilities.astype(np.float64), _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))
