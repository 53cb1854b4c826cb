"""Ask where two classes are nearest to each other: for questions of several classes."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["Margin", "margins"]


@strategies.register("margin")
@dataclass(frozen=True)
class Margin(Recipe):
    """Galaxies whose two likeliest classes are nearest to each other (Scheffer et al. 2001).

    In a yes/no question that is the same as ``uncertainty``. Where several labels may hold, those that have
    a label whose probability is nearest one half.
    """

    each_class = True

    def select(self, view: View, n: int) -> list[Pick]:
        """The n smallest margins among the free rows; one of each kind while nothing is known."""
        if not view.learnt:
            return cold_start(view, n)
        order = falling(-margins(view), np.flatnonzero(view.free))
        return [Pick(row, "hunt", "between two classes") for row in fresh(view, order, n)]


def margins(view: View) -> np.ndarray:
    """How much likelier the likeliest class is than the second, float32 [n] from 0 to 1."""
    if view.probabilities is None:
        return np.abs(2 * view.scores - 1)
    if view.several:
        return np.abs(2 * view.probabilities - 1).min(1)
    best = np.partition(view.probabilities, -2, axis=1)
    return best[:, -1] - best[:, -2]
