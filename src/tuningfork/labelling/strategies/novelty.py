"""Where to begin with nothing: the galaxies that are least like the others."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["Novelty", "novelty_order", "strangeness"]

_SAMPLE = 2_000  # galaxies that stand for the pool
_BLOCK = 65_536


@strategies.register("novelty")
@dataclass(frozen=True)
class Novelty(Recipe):
    """The galaxies farthest from their neighbours, whatever was answered (distance to the k-th, Ramaswamy
    2000).

    For a collection of which nothing is known: the first pages hold artefacts and oddities.
    """

    def select(self, view: View, n: int) -> list[Pick]:
        """The n strangest free rows."""
        return novelty_order(view, n)


def novelty_order(view: View, n: int) -> list[Pick]:
    """The n strangest free rows, as picks."""
    free = np.flatnonzero(view.free)
    if not len(free) or n < 1:
        return []
    order = falling(strangeness(view), free)
    return [Pick(row, "explore", "unlike the rest") for row in fresh(view, order, n)]


def strangeness(view: View, neighbours: int = 5) -> np.ndarray:
    """How far each galaxy is from its fifth neighbour in a sample of the pool: float32 [n], 0 the most
    ordinary and 1 the strangest.

    The sample is the same for all calls on a pool, so that pages follow one order.
    """
    n = len(view.scores)
    rows = np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64)
    sample = view.vectors[rows]
    sample = sample[(sample**2).sum(1) > 0]  # a galaxy without a vector is near nothing
    distance = np.empty(n, np.float32)
    take = min(neighbours + 1, len(sample))  # one of the sample is its own nearest
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        cosine = view.vectors[part] @ sample.T
        distance[part] = 1 - np.partition(cosine, -take, axis=1)[:, -take]
    low, high = float(distance.min()), float(distance.max())
    return (distance - low) / max(high - low, 1e-12)
