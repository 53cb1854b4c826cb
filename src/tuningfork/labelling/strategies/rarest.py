"""For questions in which every class is wanted: the class with the fewest answers first."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.exploring import explore_slots
from tuningfork.labelling.strategies.margin import margins
from tuningfork.labelling.strategies.view import Answered, Pick, Recipe, View, falling, fresh

__all__ = ["Rarest"]


@strategies.register("rarest")
@dataclass(frozen=True)
class Rarest(Recipe):
    """Each slot goes to the class with the fewest answers, by its highest probability; some to the margin.

    What is asked for a class counts as one more of it within a page, so that a page serves several classes. A
    class of which no free galaxy is likely any more is passed over: nobody waits for the last of a kind. In a
    yes/no question the classes are yes and no.

    Parameters
    ----------
    between : float
        Share of slots for galaxies between two classes (the smallest margin), 0 to 1.
    least : float
        Probability below which a class is passed over, 0 to 1.
    """

    each_class = True

    between: float = 0.25
    least: float = 0.05

    def __post_init__(self):
        if not 0 <= self.between <= 1 or not 0 <= self.least <= 1:
            raise ValueError("between and least are shares, from 0 to 1")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks, for one class after the other; one of each kind while less than two classes are known."""
        told = view.probabilities
        if told is None and view.learnt and any(not a.positive for a in view.history):
            told = np.stack([view.scores, 1 - view.scores], 1)
        if told is None:
            return cold_start(view, n)
        free = np.flatnonzero(view.free)
        n = min(n, len(free))
        slots = explore_slots(n, self.between, len(view.history))
        picks = self._for_classes(view, told, free, n - int(slots.sum()))
        rows = [pick.row for pick in picks]
        # a class may have nothing left: the margin takes its slots
        rest = np.setdiff1d(free, rows)
        between = fresh(view, falling(-margins(view), rest), n - len(picks), beside=rows)
        hunt, learn = iter(picks), iter(Pick(row, "hunt", "between two classes") for row in between)
        ordered = [next(learn if wants else hunt, None) for wants in slots]
        return [pick for pick in ordered if pick is not None] + list(hunt) + list(learn)

    def _for_classes(self, view: View, told: np.ndarray, free: np.ndarray, n: int) -> list[Pick]:
        counts = _counts(view.history, told.shape[1])
        # of each class more than a page of rows in falling order, near-duplicates passed over once
        orders = [iter(fresh(view, falling(told[:, k], free), 2 * n)) for k in range(told.shape[1])]
        picks: list[Pick] = []
        taken: set[int] = set()
        open_ = set(range(told.shape[1]))
        while len(picks) < n and open_:
            number = min(open_, key=lambda k: (counts[k], k))
            row = next((r for r in orders[number] if r not in taken), None)
            if row is None or told[row, number] < self.least:
                open_.discard(number)
                continue
            counts[number] += 1
            taken.add(row)
            picks.append(Pick(row, "hunt", "likeliest of the class with the fewest answers"))
        return picks


def _counts(history: tuple[Answered, ...], classes: int) -> np.ndarray:
    """Answers of each class, or of each label."""
    counts = np.zeros(classes)
    for answer in history:
        if answer.labels is not None:
            counts[list(answer.labels)] += 1
        elif answer.target is not None:
            counts[answer.target] += 1
        else:
            counts[0 if answer.positive else 1] += 1
    return counts
