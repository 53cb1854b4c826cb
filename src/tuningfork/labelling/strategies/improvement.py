"""A Gaussian process on few features, asked for the largest expected improvement: a search for what
interests.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.novelty import novelty_order
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh, highest

__all__ = ["ExpectedImprovement"]

_BLOCK = 8_192


@strategies.register("expected-improvement")
@dataclass(frozen=True)
class ExpectedImprovement(Recipe):
    """The largest expected improvement of a Gaussian process over the answers (Walmsley et al. 2022).

    The recipe of Zoobot and Protege (MNRAS 513, 1581, section 6; arXiv 2411.04188): few features, a
    Gaussian process on the answers, and expected improvement over the best value it knows. Answers
    are 0 and 1 here, theirs 0 to 5. Its cost grows with the cube of the answers: it learns from the latest
    ``memory``, the positives first.

    Parameters
    ----------
    features : int
        Directions of the prepared vectors to keep, those of the largest spread.
    exploration : float
        How much better than the best is asked for: larger looks farther away.
    memory : int
        Answers to learn from at most.
    candidates : int
        Galaxies to judge at most, the head's highest scores.
    """

    features: int = 16
    exploration: float = 0.1
    memory: int = 400
    candidates: int = 50_000

    def __post_init__(self):
        if self.features < 1 or self.memory < 2 or self.candidates < 1:
            raise ValueError("features, memory and candidates are at least 1, 2 and 1")

    def select(self, view: View, n: int) -> list[Pick]:
        """The n free rows of the largest expected improvement; the strangest while nothing was answered."""
        if not view.history:
            return novelty_order(view, n)
        free = highest(view.scores, np.flatnonzero(view.free), self.candidates)
        values = np.zeros(len(view.scores), np.float32)
        values[free] = self._improvement(view, free)
        return [
            Pick(row, "hunt", "may be better than the best") for row in fresh(view, falling(values, free), n)
        ]

    def _improvement(self, view: View, rows: np.ndarray) -> np.ndarray:
        from scipy.stats import norm
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, WhiteKernel

        learnt = sorted(view.history, key=lambda a: a.positive)[-self.memory :]
        columns = _widest(view, self.features)
        X = view.vectors[[a.row for a in learnt]][:, columns]
        y = np.array([a.positive for a in learnt], float)
        kernel = RBF(0.5, (0.1, 10)) + WhiteKernel(0.1, (1e-3, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound is an answer too
            process = GaussianProcessRegressor(kernel, n_restarts_optimizer=0).fit(X, y)
        best = float(process.predict(X).max()) + self.exploration
        value = np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            mean, spread = process.predict(view.vectors[rows[part]][:, columns], return_std=True)
            z = (mean - best) / np.maximum(spread, 1e-9)
            value[part] = (mean - best) * norm.cdf(z) + spread * norm.pdf(z)
        return value


def _widest(view: View, features: int) -> np.ndarray:
    """The columns of the largest spread, in their order: vectors of several encoders hold several sets."""
    n = len(view.scores)
    sample = view.vectors[np.linspace(0, n - 1, min(n, _BLOCK)).astype(np.int64)]
    return np.sort(np.argsort(-sample.var(0), kind="stable")[:features])
