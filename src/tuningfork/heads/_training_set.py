"""What every head does before it learns: check the training set, balance the classes, scale the features."""

import numpy as np

__all__ = ["Scaler", "balanced", "checked"]


def checked(
    X: np.ndarray, y: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors float64 [n, D], classes int64 [n] and weights float64 [n]; raises ``ValueError`` for what
    cannot be learnt from.
    """
    X, y = np.asarray(X, np.float64), np.asarray(y)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)
    if X.ndim != 2 or y.shape != (len(X),) or weight.shape != (len(X),):
        raise ValueError(f"X [n, D], y [n] and weight [n] do not fit: {X.shape}, {y.shape}, {weight.shape}")
    if not np.isfinite(X).all() or not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("vectors and weights must be finite, weights not negative")
    if not np.issubdtype(y.dtype, np.integer) or (len(y) and y.min() < 0):
        raise ValueError("y must hold class numbers 0, 1, ...")
    if len(np.unique(y[weight > 0])) < 2:
        raise ValueError("a head needs examples of at least two classes")
    return X, y.astype(np.int64), weight


def balanced(y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights [n] rescaled so that each class weighs the same and all together n: rare classes count as much
    as common ones.
    """
    totals = np.bincount(y, weights=weight)
    present = totals > 0
    factor = np.zeros(len(totals))
    factor[present] = len(y) / (present.sum() * totals[present])
    return weight * factor[y]


class Scaler:
    """Centre and scale every feature by the weighted training set; a constant feature is left at zero.

    Parameters
    ----------
    X : float64 [n, D]
    weight : float64 [n]
    active : bool
        False leaves the features as they are (the caller has scaled them over a larger set).
    """

    def __init__(self, X: np.ndarray, weight: np.ndarray, *, active: bool):
        self.active = active
        if active:
            self.mean = np.average(X, axis=0, weights=weight)
            spread = np.sqrt(np.average((X - self.mean) ** 2, axis=0, weights=weight))
            self.scale = np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0.0)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return (X - self.mean) * self.scale if self.active else X

    def folded(self, coefficients: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The linear map coefficients [D, K], intercept [K] as one that takes unscaled features: no scaled
        copy of the pool.
        """
        if not self.active:
            return coefficients, intercept
        unscaled = coefficients * self.scale[:, None]
        return unscaled, intercept - self.mean @ unscaled
