"""How much a class and a galaxy count in training, and labels that are less than certain."""

from collections.abc import Callable

import numpy as np

from tuningfork.errors import DataError, UnknownNameError, UsageError

__all__ = ["WEIGHTS", "class_counts", "class_weights", "sample_weights", "smoothed"]


def _inverse(counts: np.ndarray) -> np.ndarray:
    return 1.0 / counts


def _effective(counts: np.ndarray) -> np.ndarray:
    beta = (counts.sum() - 1.0) / counts.sum()
    return (1.0 - beta) / (1.0 - beta**counts)


WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plain": lambda counts: np.ones(len(counts)),
    "inverse": _inverse,
    "effective": _effective,
}
"""Name -> weight of one galaxy of each class from the number of galaxies in each class, (K,) -> (K,)."""


def class_counts(codes: np.ndarray, classes: int | None = None) -> np.ndarray:
    """How many galaxies each class has, (K,) int64; codes below 0 are no class.

    Raises
    ------
    DataError
        There are no labels, or a class has no galaxy.
    """
    codes = np.asarray(codes)
    counts = np.bincount(codes[codes >= 0].astype(np.int64), minlength=classes or 0)
    if not len(counts):
        raise DataError("there are no labels")
    if empty := np.flatnonzero(counts == 0).tolist():
        raise DataError(f"class {empty[0]} has no example", remedy="Leave it out, or label some")
    return counts


def class_weights(codes: np.ndarray, how: str = "inverse") -> np.ndarray:
    """The weight of each class in a loss, with mean 1.

    Parameters
    ----------
    codes : ndarray
        (n,) int class of each galaxy, 0..K-1; below 0: no label.
    how : str
        ``plain``: all alike. ``inverse``: 1 / N of the class (Ma et al. 2023, equation 1). ``effective``:
        1 / effective number of galaxies, ``(1 - b**N) / (1 - b)`` with ``b = (n - 1) / n`` (Cui et al. 2019;
        so used by Doherty 2024, equations 6.2 to 6.6, where the weights add up to n instead of K).

    Returns
    -------
    ndarray
        (K,) float64.

    Raises
    ------
    DataError
        A class has no galaxy.
    """
    weights = _of_one(codes, how)
    return weights * (len(weights) / weights.sum())


def sample_weights(codes: np.ndarray, how: str = "inverse") -> np.ndarray:
    """The chance of each galaxy to be drawn, with replacement; they add up to 1.

    With ``inverse`` all classes are drawn equally often (Ma et al. 2023, equations 1 to 3). Galaxies without
    a label have chance 0.

    Returns
    -------
    ndarray
        (n,) float64.
    """
    codes = np.asarray(codes)
    weights = np.where(codes >= 0, _of_one(codes, how)[np.maximum(codes, 0)], 0.0)
    return weights / weights.sum()


def smoothed(codes: np.ndarray, classes: int, amount: float) -> np.ndarray:
    """Labels that leave some room: ``1 - a`` on the class, ``a / (K - 1)`` on each other one.

    As in Ma et al. (2023), equation 5; Szegedy et al. (2016), and torch, spread ``a`` over all K classes.

    Returns
    -------
    ndarray
        (n, K) float64; rows add up to 1.
    """
    codes = np.asarray(codes)
    if classes < 2 or not 0 <= amount < 1:
        raise UsageError(f"labels of {classes} classes cannot be smoothed by {amount:g}")
    if len(codes) and not (codes.min() >= 0 and codes.max() < classes):
        raise UsageError(f"the classes are not numbered from 0 to {classes - 1}")
    labels = np.full((len(codes), classes), amount / (classes - 1))
    labels[np.arange(len(codes)), codes] = 1.0 - amount
    return labels


def _of_one(codes: np.ndarray, how: str) -> np.ndarray:
    if how not in WEIGHTS:
        raise UnknownNameError("weighting", how, WEIGHTS)
    return WEIGHTS[how](class_counts(codes).astype(float))
