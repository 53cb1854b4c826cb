"""The default: the highest scores first, and some slots for what is high among its own kind."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cell_statistics, representatives
from tuningfork.labelling.strategies.view import Pick, View, best_first, fresh

__all__ = ["Greedy"]


@strategies.register("greedy")
@dataclass(frozen=True)
class Greedy:
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
    weak_negatives, weak_weight, weak_once
        How many random unlabelled galaxies train as negatives, at which weight, and whether only until a true
        one is known.
    """

    exploration: float = 0.2
    reach: float = 0.05
    weak_negatives: int = 200
    weak_weight: float = 0.2
    weak_once: bool = False

    def __post_init__(self):
        if not 0 <= self.exploration <= 1:
            raise ValueError("exploration is a share, from 0 to 1")
        if not 0 < self.reach <= 1:
            raise ValueError("reach is a share, above 0 to 1")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks: hunting ones with exploring ones spread evenly between them."""
        if not view.learnt:
            return [Pick(row, "explore", "typical of its kind") for row in representatives(view, n)]
        free = np.flatnonzero(view.free)
        slots = _explore_slots(n, self.exploration, len(view.history))
        order = best_first(view.scores, free)
        hunt = fresh(view, order, n - slots.sum())
        near = order[: max(round(self.reach * len(free)), 2 * n)]
        explore = fresh(view, _standing_out(view, np.setdiff1d(near, hunt)), int(slots.sum()), beside=hunt)
        return _interleaved(hunt, explore, slots)


def _explore_slots(n: int, share: float, asked: int) -> np.ndarray:
    """Which of the next n slots explore, bool [n]: every 1/share-th of all slots, whatever the size of the
    batches.
    """
    places = asked + np.arange(n)
    return np.floor((places + 1) * share + 1e-9) > np.floor(places * share + 1e-9)


def _standing_out(view: View, rows: np.ndarray) -> np.ndarray:
    """Rows by how far their score stands above their cell's, in that cell's own spread; the best of each
    cell come first.
    """
    if not len(rows):
        return rows
    cells = view.cells()
    evidence = logit(np.clip(view.scores.astype(np.float64), 1e-9, 1 - 1e-9))
    mean, spread = cell_statistics(cells, evidence, np.flatnonzero(view.free))
    order = best_first((evidence - mean[cells]) / spread[cells], rows)
    _, first = np.unique(cells[order], return_index=True)
    leaders = np.sort(first)
    return np.concatenate([order[leaders], np.delete(order, leaders)])


def _interleaved(hunt: list[int], explore: list[int], slots: np.ndarray) -> list[Pick]:
    hunting, exploring = iter(hunt), iter(explore)
    picks = []
    for wants_explore in slots:
        row = next(exploring, None) if wants_explore else next(hunting, None)
        if row is None:
            continue
        if wants_explore:
            picks.append(Pick(row, "explore", "stands out among its like"))
        else:
            picks.append(Pick(row, "hunt", "among the highest scores"))
    return picks
