"""Ours: hunts by the highest scores, and explores the more the less it finds."""

from dataclasses import dataclass

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.exploring import hunt_and_explore
from tuningfork.labelling.strategies.view import Pick, Recipe, View

__all__ = ["Adaptive"]


@strategies.register("adaptive")
@dataclass(frozen=True)
class Adaptive(Recipe):
    """The highest scores first, exploring more when finds dry up.

    Relevance feedback as in ``greedy``, but the share of slots that explore follows the yield: ``least``
    while the latest ``window`` answers held ``dry`` finds or more, ``most`` when they held none, and in
    proportion between. What the head has learnt is spent while it pays, and other looks of the class are
    sought when it does not.

    Parameters
    ----------
    least, most : float
        Shares of exploring slots, 0 to 1.
    window : int
        Answers over which finds are counted.
    dry : int
        Finds in a window from which on nothing dries up.
    reach : float
        Share of the pool, by score, within which to explore, above 0 to 1.
    """

    least: float = 0.0
    most: float = 0.3
    window: int = 60
    dry: int = 2
    reach: float = 0.05

    def __post_init__(self):
        if not 0 <= self.least <= self.most <= 1:
            raise ValueError("least and most are shares, from 0 to 1, least not above most")
        if self.window < 1 or self.dry < 1 or not 0 < self.reach <= 1:
            raise ValueError("window and dry are at least 1, reach is a share above 0")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks: hunting ones with exploring ones spread evenly between them."""
        if not view.learnt:
            return cold_start(view, n)
        return hunt_and_explore(view, n, share=self.share(view), reach=self.reach)

    def share(self, view: View) -> float:
        """The share of exploring slots by the latest answers."""
        asked = [a.positive for a in view.history if not a.example][-self.window :]
        if len(asked) < self.window:
            return self.least
        return self.least + (self.most - self.least) * max(0.0, 1 - sum(asked) / self.dry)
