"""Slots that explore: which ones, and what to put there."""

import numpy as np

from tuningfork.labelling.strategies.cells import cell_statistics
from tuningfork.labelling.strategies.view import Pick, View, best_first, falling, fresh, highest

__all__ = ["explore_slots", "hunt_and_explore", "standing_out"]

_COUNTED = 200_000  # free galaxies from which a neighbourhood's usual score is taken


def hunt_and_explore(view: View, n: int, *, share: float, reach: float) -> list[Pick]:
    """The n highest scores, with a share of the slots for galaxies that stand out among their like.

    Parameters
    ----------
    view : View
        Of a question of which something was learnt.
    n : int
        Slots.
    share : float
        Of the slots, for exploring.
    reach : float
        Share of the pool, by score, within which to explore.
    """
    free = np.flatnonzero(view.free)
    slots = explore_slots(n, share, len(view.history))
    hunt = fresh(view, falling(view.scores, free), n - int(slots.sum()))
    if not slots.any():
        return _interleaved(hunt, [], slots)
    near = highest(view.scores, free, max(round(reach * len(free)), 2 * n))
    explore = fresh(view, standing_out(view, np.setdiff1d(near, hunt)), int(slots.sum()), beside=hunt)
    return _interleaved(hunt, explore, slots)


def explore_slots(n: int, share: float, asked: int) -> np.ndarray:
    """Which of the next n slots explore, bool [n]: every 1/share-th of all slots, whatever the size of the
    batches.
    """
    places = asked + np.arange(n)
    return np.floor((places + 1) * share + 1e-9) > np.floor(places * share + 1e-9)


def standing_out(view: View, rows: np.ndarray) -> np.ndarray:
    """Rows by how far their score stands above their cell's, in that cell's own spread; the best of each
    cell come first.
    """
    if not len(rows):
        return rows
    cells, usual = view.cells(), np.flatnonzero(view.free)
    usual = usual[:: len(usual) // _COUNTED + 1]
    mean, spread = cell_statistics(cells[usual], view.evidence(usual), int(cells.max()) + 1)
    excess = (view.evidence(rows) - mean[cells[rows]]) / spread[cells[rows]]
    order = rows[best_first(excess, np.arange(len(rows)))]
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
