"""The heads by name; each is imported when it is first asked for."""

from typing import Protocol

import numpy as np

from tuningfork.registry import Registry

__all__ = ["Head", "heads"]

heads = Registry("head")


class Head(Protocol):
    """What every head can do.

    Both methods raise ``ValueError`` when shapes do not fit or a value is not finite.
    """

    def fit(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, seed: int = 0) -> "Head":
        """Learn from vectors X float32 [n, D], classes y int [n] in 0..K-1 and weights [n] (all one when
        None).
        """
        ...

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Class probabilities float32 [n, K] of vectors X float32 [n, D]."""
        ...


@heads.register()
def logistic(**settings) -> Head:
    """Logistic regression, L2-regularised and class-balanced: milliseconds, the default of the loop."""
    from tuningfork.heads.logistic import LogisticHead

    return LogisticHead(**settings)


@heads.register()
def calibrated(**settings) -> Head:
    """Logistic regression whose probabilities are calibrated on left-out answers (Platt 1999): four fits."""
    from tuningfork.heads.calibrated import CalibratedHead

    return CalibratedHead(**settings)


@heads.register()
def mlp(**settings) -> Head:
    """A perceptron with one hidden layer of 2048 units (Fu et al. 2024, V.A): about a second."""
    from tuningfork.heads.mlp import MLPHead

    return MLPHead(**settings)
