"""Ask where the head is least sure: good for a calibrated head, poor for finding rare things."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["Uncertainty"]


@strategies.register("uncertainty")
@dataclass(frozen=True)
class Uncertainty(Recipe):
    """Galaxies whose probability is nearest one half (Lewis & Gale 1994)."""

    def select(self, view: View, n: int) -> list[Pick]:
        """The n least certain free rows; one of each kind while nothing is known."""
        if not view.learnt:
            return cold_start(view, n)
        order = falling(-np.abs(view.scores - 0.5), np.flatnonzero(view.free))
        return [Pick(row, "hunt", "the head is undecided") for row in fresh(view, order, n)]
