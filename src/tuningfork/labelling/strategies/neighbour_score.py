"""Astronomaly's neighbour score: strange galaxies, less those near what was called dull."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.novelty import novelty_order, strangeness
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["NeighbourScore"]

_BLOCK = 65_536


@strategies.register("neighbour-score")
@dataclass(frozen=True)
class NeighbourScore(Recipe):
    """Strangeness, weighed by the forest's guess of the answer near answers (Lochner & Bassett 2021).

    ``S * tanh(exp(trust * d / <d>) - 1 + arctanh(floor + 0.85 u))``: S the strangeness from 0 to 1, d the
    distance to the nearest answered galaxy, u the answer a random forest predicts, 0 to 1 (Astronomy and
    Computing 36, 100481, section 2.4). Near answers u decides, far from them S.

    Parameters
    ----------
    trust : float
        How fast distance takes over.
    floor : float
        The least factor, above 0 and at most 0.14.
    trees : int
        Of the forest.
    """

    trust: float = 1.0
    floor: float = 0.1
    trees: int = 100

    def __post_init__(self):
        if self.trust < 0 or self.trees < 1:
            raise ValueError("trust is not negative, and there is at least one tree")
        if not 0 < self.floor <= 0.14:
            raise ValueError("floor is above 0 and at most 0.14")

    def select(self, view: View, n: int) -> list[Pick]:
        """The n highest neighbour scores; the strangest while nothing was answered."""
        if not view.history:
            return novelty_order(view, n)
        free = np.flatnonzero(view.free)
        if not len(free):
            return []
        values = np.zeros(len(view.scores), np.float32)
        values[free] = self._score(view, free)
        order = falling(values, free)
        return [Pick(row, "hunt", "strange, and not like what was refused") for row in fresh(view, order, n)]

    def _score(self, view: View, rows: np.ndarray) -> np.ndarray:
        from sklearn.ensemble import RandomForestRegressor

        asked = np.array([a.row for a in view.history], np.int64)
        answers = np.array([a.positive for a in view.history], float)
        seed = int(view.rng.integers(2**31))
        forest = RandomForestRegressor(self.trees, random_state=seed).fit(view.vectors[asked], answers)
        told, near = view.vectors[asked], np.empty(len(rows))
        guess = np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            vectors = view.vectors[rows[part]]
            near[part] = np.sqrt(np.maximum(2 - 2 * (vectors @ told.T).max(1), 0))  # unit vectors
            guess[part] = forest.predict(vectors)
        near /= max(float(near.mean()), 1e-12)
        away = np.expm1(np.minimum(self.trust * near, 50))
        return strangeness(view)[rows] * np.tanh(away + np.arctanh(self.floor + 0.85 * guess))
