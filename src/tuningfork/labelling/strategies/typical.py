"""Where to begin with nothing: the galaxy that stands best for each kind."""

from dataclasses import dataclass

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Pick, Recipe, View

__all__ = ["Typical"]


@strategies.register("typical")
@dataclass(frozen=True)
class Typical(Recipe):
    """One of each kind, the largest kind that was not visited first (after TypiClust, Hacohen et al. 2022).

    The kinds are the pool's k-means cells, and what stands for one is nearest to its middle (the paper takes
    the densest place; arXiv 2202.02794, section 3). It shows what the collection holds, and finds common
    things: what is rare is typical of nothing.
    """

    def select(self, view: View, n: int) -> list[Pick]:
        """n free rows from cells in turn."""
        return cold_start(view, n)
