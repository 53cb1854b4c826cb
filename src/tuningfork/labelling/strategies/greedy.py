"""The default: the highest scores first, and some slots for what is high among its own kind."""

from dataclasses import dataclass

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.exploring import hunt_and_explore
from tuningfork.labelling.strategies.view import Pick, Recipe, View

__all__ = ["Greedy"]


@strategies.register("greedy")
@dataclass(frozen=True)
class Greedy(Recipe):
    """The highest scores first, with slots for galaxies that score high for their neighbourhood.

    Continuous relevance feedback (Cormack & Grossman 2014) on a head that also sees weak random negatives.
    Greedy choice alone stays with one look of the class; a share of the slots goes to galaxies of the best
    scores that stand out most among their like (the score standardised within the k-means cell), one of each
    cell.

    Parameters
    ----------
    exploration : float
        Share of slots for exploring, 0 to 1.
    reach : float
        Share of the pool, by score, within which to explore, above 0 to 1.
    """

    exploration: float = 0.2
    reach: float = 0.05

    def __post_init__(self):
        if not 0 <= self.exploration <= 1:
            raise ValueError("exploration is a share, from 0 to 1")
        if not 0 < self.reach <= 1:
            raise ValueError("reach is a share, above 0 to 1")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks: hunting ones with exploring ones spread evenly between them."""
        if not view.learnt:
            return cold_start(view, n)
        return hunt_and_explore(view, n, share=self.exploration, reach=self.reach)
