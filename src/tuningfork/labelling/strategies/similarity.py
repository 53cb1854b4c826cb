"""From positives alone: what is most like them, and least like what was refused."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Pick, Recipe, View, falling, fresh

__all__ = ["Similarity"]


@strategies.register("similarity")
@dataclass(frozen=True)
class Similarity(Recipe):
    """The largest cosine to the mean of the positives, less a part of that to the negatives (Rocchio 1971).

    Needs no head, and no negative.

    Parameters
    ----------
    refusal : float
        How much the mean of the negatives counts, where that of the positives counts one.
    """

    refusal: float = 0.5

    def __post_init__(self):
        if self.refusal < 0:
            raise ValueError("refusal is not negative")

    def select(self, view: View, n: int) -> list[Pick]:
        """The n free rows most like what was found."""
        liked, refused = view.answered(True), view.answered(False)
        if not len(liked):
            return cold_start(view, n)
        wanted = view.vectors[liked].mean(0)
        if len(refused):
            wanted = wanted - self.refusal * view.vectors[refused].mean(0)
        order = falling(view.vectors @ wanted, np.flatnonzero(view.free))
        return [Pick(row, "hunt", "most like what was found") for row in fresh(view, order, n)]
