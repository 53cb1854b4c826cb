"""A page of galaxies that differ from each other, out of the best candidates."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start, k_means
from tuningfork.labelling.strategies.view import Pick, Recipe, View, best_first, fresh, highest

__all__ = ["Diversity", "far_apart", "one_of_each"]


@strategies.register("diversity")
@dataclass(frozen=True)
class Diversity(Recipe):
    """Unlike galaxies out of the highest scores: one of each cluster, or the farthest from all that was seen.

    Parameters
    ----------
    candidates : int
        Highest scores to choose among, in pages: 5 means five times the page.
    by : str
        "clusters" takes the highest score of each of as many k-means clusters as there are slots, after
        Zhdanov (2019, arXiv 1901.05954); "distance" takes again and again the candidate that is farthest
        from all that was asked and chosen, the greedy core-set of Sener & Savarese (2018, arXiv 1708.00489).
    """

    candidates: int = 5
    by: str = "clusters"

    def __post_init__(self):
        if self.candidates < 1:
            raise ValueError("candidates are at least one page")
        if self.by not in ("clusters", "distance"):
            raise ValueError("by is clusters or distance")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks among the best ``candidates * n``."""
        if not view.learnt:
            return cold_start(view, n)
        rows = highest(view.scores, np.flatnonzero(view.free), self.candidates * n)
        rows = best_first(view.scores, rows)
        order = one_of_each(view, rows, n) if self.by == "clusters" else far_apart(view, rows, n)
        return [Pick(row, "hunt", "unlike the others of the page") for row in fresh(view, order, n)]


def one_of_each(view: View, rows: np.ndarray, n: int) -> np.ndarray:
    """Rows [m] of falling score, reordered: the best of each of n clusters, then the rest as they were."""
    if not 0 < n < len(rows):
        return rows
    seed = int(view.rng.integers(2**31))
    clusters = k_means(view.vectors[rows], n, seed=seed).labels_
    _, first = np.unique(clusters, return_index=True)
    leaders = np.sort(first)
    return np.concatenate([rows[leaders], np.delete(rows, leaders)])


def far_apart(view: View, rows: np.ndarray, n: int) -> np.ndarray:
    """Rows [m] reordered: n times the one farthest from those taken and those chosen so far, then the
    rest.
    """
    vectors = view.vectors[rows]
    nearest = (
        (vectors @ view.vectors[view.taken].T).max(1) if len(view.taken) else np.full(len(rows), -np.inf)
    )
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        place = int(nearest.argmin())
        chosen.append(place)
        nearest = np.maximum(nearest, vectors @ vectors[place])
        nearest[place] = np.inf
    return np.concatenate([rows[chosen], np.delete(rows, chosen)])
