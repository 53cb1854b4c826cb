"""Logistic regression on embeddings, solved in the span of the training set."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import expit, softmax
from threadpoolctl import threadpool_limits

from tuningfork.heads._training_set import Scaler, balanced, checked

__all__ = ["LogisticHead"]


class LogisticHead:
    """L2-regularised multinomial logistic regression.

    With fewer labels than dimensions the solution lies in the span of the labelled vectors, so the problem is
    rotated into that span first and the cost falls from D to n.

    Parameters
    ----------
    strength : float
        The penalty beside the mean log-loss is ``strength / 2 * |w|^2``, for features of mean squared length
        one: the same number means the same whatever the features' number and scale. From 1e-4 to 1e-1 made no
        difference that 5 repeats could show on 3 to 200 labels.
    balance : bool
        Weigh all classes alike.
    standardise : bool
        Centre and scale the features by the training set.
    """

    def __init__(self, *, strength: float = 1e-2, balance: bool = True, standardise: bool = True):
        if not strength > 0:
            raise ValueError("strength must be positive")
        self.strength, self.balance, self.standardise = strength, balance, standardise

    def fit(
        self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, seed: int = 0
    ) -> "LogisticHead":
        """Learn from X [n, D], y [n], weight [n]; the seed is not used, the problem is convex.

        Rows of weight 0 change nothing.
        """
        from sklearn.linear_model import LogisticRegression

        X, y, weight = checked(X, y, weight)
        classes, counted = int(y.max()) + 1, weight > 0
        if not counted.all():  # they would count in the mean length, and so in the strength
            X, y, weight = X[counted], y[counted], weight[counted]
        scaler = Scaler(X, weight, active=self.standardise)
        weight = balanced(y, weight) if self.balance else weight
        features = scaler(X)
        length = max(float((features**2).sum(1).mean()), 1e-300)  # mean squared
        # scikit-learn minimises C * sum(weight * loss) + |w|^2 / 2
        model = LogisticRegression(C=1 / (self.strength * length * weight.sum()), max_iter=200, tol=1e-5)
        with threadpool_limits(1):  # a problem this small only loses by being shared out
            reduced, restored = _in_own_span(features)
            model.fit(reduced, y, sample_weight=weight)
            coefficients, intercept = _softmax_form(model, classes)
            self._map = scaler.folded(restored(coefficients), intercept)
        return self

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Probabilities float32 [n, K] of X [n, D]: one matrix product."""
        coefficients, intercept = self._map
        X = np.asarray(X, np.float32)
        if len(intercept) == 2:  # one product instead of two, and no softmax
            difference = (coefficients[:, 1] - coefficients[:, 0]).astype(np.float32)
            yes = expit(X @ difference + np.float32(intercept[1] - intercept[0]))
            return np.stack([1 - yes, yes], axis=1)
        logits = X @ coefficients.astype(np.float32) + intercept.astype(np.float32)
        return softmax(logits, axis=1).astype(np.float32)


def _in_own_span(X: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """X [n, D] as coordinates [n, r] in an orthonormal basis of its rows, r = min(n, D), and the way back.

    The coordinates are the Cholesky factor of X X^T, so that only an [n, n] matrix is ever factorised.
    """
    n, dim = X.shape
    if n >= dim:
        return X, lambda coefficients: coefficients
    gram = X @ X.T
    gram[np.diag_indices(n)] += 1e-10 * max(float(np.trace(gram)), 1e-300)  # repeated rows make it singular
    factor = cholesky(gram, lower=True)
    return factor, lambda coefficients: X.T @ solve_triangular(factor, coefficients, lower=True, trans=1)


def _softmax_form(model, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients [r, K] and intercept [K] whose softmax are the probabilities; a class without examples
    gets none.
    """
    coefficients, intercept = model.coef_.T, model.intercept_
    if coefficients.shape[1] == 1:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients], axis=1)
        intercept = np.concatenate([np.zeros(1), intercept])
    full = np.zeros((len(coefficients), classes))
    level = np.full(classes, -1e4)
    full[:, model.classes_], level[model.classes_] = coefficients, intercept
    return full, level
