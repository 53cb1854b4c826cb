"""What a rare class is worth: weights of classes in the loss, and of galaxies when they are drawn."""

import numpy as np

from tuningfork.errors import UnknownNameError

__all__ = ["WEIGHTS", "class_weights", "sample_weights"]

WEIGHTS = ("plain", "inverse", "effective")


def class_weights(codes: np.ndarray, how: str) -> np.ndarray:
    """Weights of the classes, of mean 1.

    Parameters
    ----------
    codes : ndarray
        (n,) number of each galaxy's class.
    how : str
        "plain": all the same; "inverse": 1 / N_class (Ma 2023, eq. 1); "effective": the inverse of the
        effective number of samples (1 - b^N) / (1 - b) with b = (n - 1) / n (Cui 2019; Doherty 2024, eqs.
        6.2 to 6.6).

    Returns
    -------
    ndarray
        (K,) float64; of a class without a galaxy that of one with one.

    Raises
    ------
    UnknownNameError
        There is no such way.
    """
    if how not in WEIGHTS:
        raise UnknownNameError("way to weigh classes", how, WEIGHTS)
    counts = np.maximum(np.bincount(codes), 1).astype(np.float64)
    if how == "plain" or len(codes) < 2:
        return np.ones(len(counts))
    share = (len(codes) - 1) / len(codes)
    weights = 1 / counts if how == "inverse" else (1 - share) / (1 - share**counts)
    return weights / weights.mean()


def sample_weights(codes: np.ndarray, how: str) -> np.ndarray:
    """(n,) the chance of each galaxy to be drawn, of sum 1. Ma 2023, eq. 2."""
    weights = class_weights(codes, how)[codes]
    return weights / weights.sum()
