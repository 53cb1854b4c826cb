"""Logistic regression on embeddings, solved exactly by Newton's method in the span of the training set."""

import numpy as np
from scipy.special import softmax

from tuningfork.heads._training_set import Scaler, balanced, checked

__all__ = ["LogisticHead"]


class LogisticHead:
    """L2-regularised multinomial logistic regression.

    With fewer labels than dimensions the solution lies in the span of the labelled vectors, so the problem is
    rotated into that span first (thin SVD) and the cost falls from D to n.

    Parameters
    ----------
    strength : float
        The penalty is ``strength / 2 * |w|^2`` beside the mean log-loss.
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
        """Learn from X [n, D], y [n], weight [n]; the seed is not used, the problem is convex."""
        from sklearn.linear_model import LogisticRegression

        X, y, weight = checked(X, y, weight)
        scaler = Scaler(X, weight, active=self.standardise)
        weight = balanced(y, weight) if self.balance else weight
        reduced, rotation = _in_own_span(scaler(X))
        # scikit-learn minimises C * sum(weight * loss) + |w|^2 / 2
        model = LogisticRegression(C=1 / (self.strength * weight.sum()), max_iter=200, tol=1e-5)
        model.fit(reduced, y, sample_weight=weight)
        coefficients, intercept = _softmax_form(model, int(y.max()) + 1)
        self._map = scaler.folded(rotation @ coefficients, intercept)
        return self

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Probabilities float32 [n, K] of X [n, D]: one matrix product."""
        coefficients, intercept = self._map
        X = np.asarray(X, np.float32)
        logits = X @ coefficients.astype(np.float32) + intercept.astype(np.float32)
        return softmax(logits, axis=1).astype(np.float32)


def _in_own_span(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """X [n, D] as coordinates [n, r] in an orthonormal basis [D, r] of its rows, r = min(n, D)."""
    n, dim = X.shape
    if n >= dim:
        return X, np.eye(dim)
    basis, triangle = np.linalg.qr(X.T)
    return triangle.T, basis


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
