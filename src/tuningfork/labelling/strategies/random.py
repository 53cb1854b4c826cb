"""A uniform draw: the yardstick, and a sample whose shares are those of the pool."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.view import Pick, Recipe, View

__all__ = ["Random"]


@strategies.register("random")
@dataclass(frozen=True)
class Random(Recipe):
    """Galaxies drawn uniformly from those not yet asked; the chance is logged."""

    def select(self, view: View, n: int) -> list[Pick]:
        """n rows without replacement, each with the probability n / free."""
        rows = np.flatnonzero(view.free)
        n = min(n, len(rows))
        drawn = view.rng.choice(rows, size=n, replace=False)
        return [Pick(int(row), "random", "drawn at random", n / len(rows)) for row in drawn]
