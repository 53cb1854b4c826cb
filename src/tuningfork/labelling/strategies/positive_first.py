"""The likely positives nearest the boundary first."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["PositiveFirst"]


@strategies.register("positive-first")
@dataclass(frozen=True)
class PositiveFirst(Recipe):
    """The most ambiguous of the likely positives, then of the others (PF-MA, Zaher et al. 2026).

    The paper's criterion (arXiv 2603.24480) asks near the boundary, but likely positives before likely
    negatives. As its text was read here only in the abstract, this is the plainest rule that does so.
    """

    def select(self, view: View, n: int) -> list[Pick]:
        """Scores above one half from the lowest on, then those below from the highest on."""
        if not view.learnt:
            return cold_start(view, n)
        values = np.where(view.scores >= 0.5, 2 - view.scores, view.scores)
        order = falling(values, np.flatnonzero(view.free))
        return [Pick(row, "hunt", "a likely one near the boundary") for row in fresh(view, order, n)]
