"""Ask where the head is least sure: good for a calibrated head, poor for finding rare things."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import representatives
from tuningfork.labelling.strategies.view import Pick, View, best_first, fresh

__all__ = ["Uncertainty"]


@strategies.register("uncertainty")
@dataclass(frozen=True)
class Uncertainty:
    """Galaxies whose probability is nearest one half (Lewis & Gale 1994)."""

    weak_negatives: int = 200
    weak_weight: float = 0.2
    weak_once: bool = False

    def select(self, view: View, n: int) -> list[Pick]:
        """The n least certain free rows; one of each kind while nothing is known."""
        if not view.learnt:
            return [Pick(row, "explore", "typical of its kind") for row in representatives(view, n)]
        order = best_first(-np.abs(view.scores - 0.5), np.flatnonzero(view.free))
        return [Pick(row, "hunt", "the head is undecided") for row in fresh(view, order, n)]
