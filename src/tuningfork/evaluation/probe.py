"""A linear probe: multinomial logistic regression whose strength is chosen on its own training galaxies."""

from typing import Any

import numpy as np

from tuningfork.errors import DataError

__all__ = ["fit_probe", "folds"]

STRENGTHS = tuple(10.0**power for power in (-4, -3, -2, -1, 0))  # inverse of the L2 penalty, weakest last
FOLDS = 5


def fit_probe(X: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """Fit a probe to standardised features.

    Parameters
    ----------
    X : ndarray
        (n, D) float32.
    y : ndarray
        (n,) classes; at least two, with two members each.
    seed : int
        Of the folds by which the L2 penalty is chosen (least cross-validated log-loss).

    Returns
    -------
    LogisticRegression
        Fitted to all rows; has ``predict``.

    Raises
    ------
    DataError
        There is one class, or one has a single member.
    """
    from threadpoolctl import threadpool_limits

    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2 or counts.min() < 2:
        raise DataError(
            f"a probe needs two classes of two galaxies each to learn from; '{classes[counts.argmin()]}' "
            f"has {counts.min()}, and there are {len(classes)}"
        )
    losses = np.zeros(len(STRENGTHS))
    with threadpool_limits(1 if X.size < 1_000_000 else None):  # small products are slower in many threads
        for train, held_out in folds(y, seed).split(X, y):
            for place, model in enumerate(_path(X[train], y[train])):
                losses[place] += _log_loss(model, X[held_out], y[held_out], classes)
        *_, model = _path(X, y, STRENGTHS[: int(losses.argmin()) + 1])
    return model


def folds(y: np.ndarray, seed: int) -> Any:
    """Five stratified folds, or as many as the rarest class has members."""
    from sklearn.model_selection import StratifiedKFold

    rarest = np.unique(y, return_counts=True)[1].min()
    return StratifiedKFold(int(min(FOLDS, rarest)), shuffle=True, random_state=seed)


def _path(X: np.ndarray, y: np.ndarray, strengths: tuple[float, ...] = STRENGTHS):
    """One model, fitted at each strength in turn, each from where the one before ended."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=300, tol=1e-3, warm_start=True)
    for strength in strengths:
        yield model.set_params(C=strength).fit(X, y)


def _log_loss(model: Any, X: np.ndarray, y: np.ndarray, classes: np.ndarray) -> float:
    place = np.searchsorted(classes, y)
    given = model.predict_proba(X)[np.arange(len(y)), place]
    return float(-np.log(given.clip(min=1e-20)).sum())
