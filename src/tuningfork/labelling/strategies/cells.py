"""The pool in cells of like galaxies: where to begin without an example, and what a neighbourhood is."""

import warnings
from typing import Any

import numpy as np

from tuningfork.labelling.strategies.view import Pick, View, fresh

__all__ = ["cell_statistics", "cold_start", "k_means", "make_cells", "representatives"]

_SAMPLE = 4_000  # enough vectors to place the centres; every vector is then assigned
_BLOCK = 65_536


def make_cells(vectors: np.ndarray, *, cells: int, seed: int) -> np.ndarray:
    """k-means on a sample of the vectors [n, D], then the nearest centre for all: int [n]."""
    cells = max(1, min(cells, len(vectors)))
    rng = np.random.default_rng([seed, 1])
    sample = vectors[np.sort(rng.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False))]
    centres = k_means(sample, cells, seed=seed).cluster_centers_.astype(np.float32)
    offsets = (centres**2).sum(1) / 2
    assigned = np.empty(len(vectors), np.int32)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        assigned[part] = (vectors[part] @ centres.T - offsets).argmax(1)
    return assigned


def k_means(vectors: np.ndarray, clusters: int, *, seed: int) -> Any:
    """scikit-learn's clusters of vectors [n, D]; fewer where fewer of them differ, and no word of that."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(clusters, n_init=1, max_iter=25, random_state=seed % 2**32).fit(vectors)


def cold_start(view: View, n: int) -> list[Pick]:
    """What to ask while nothing is known: galaxies that stand for many."""
    return [Pick(row, "explore", "typical of its kind") for row in representatives(view, n)]


def representatives(view: View, n: int) -> list[int]:
    """Free rows nearest the middle of their cell: the largest cell first, one of each before a second of
    any.
    """
    cells = view.cells()
    rows = np.flatnonzero(view.free)
    if not len(rows):
        return []
    middle_first = _nearness_order(view.vectors, cells, rows)
    turn = np.empty(len(rows), np.int64)  # which one of its cell each row is
    seen: dict[int, int] = {}
    for place in middle_first:
        cell = int(cells[rows[place]])
        turn[place] = seen[cell] = seen.get(cell, -1) + 1
    sizes = np.bincount(cells)[cells[rows]]
    visited = np.bincount(cells[view.taken], minlength=cells.max() + 1)[cells[rows]]
    order = rows[np.lexsort((rows, -sizes, turn + visited))]
    return fresh(view, order, n)


def cell_statistics(cells: np.ndarray, values: np.ndarray, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread, float [kinds] each, of values [m] that lie in cells [m]; an empty cell gets 0 and a
    spread near 0.
    """
    counts = np.maximum(np.bincount(cells, minlength=kinds), 1)
    mean = np.bincount(cells, weights=values, minlength=kinds) / counts
    square = np.bincount(cells, weights=values**2, minlength=kinds) / counts
    return mean, np.sqrt(np.maximum(square - mean**2, 1e-12))


def _nearness_order(vectors: np.ndarray, cells: np.ndarray, rows: np.ndarray) -> np.ndarray:
    centres = np.zeros((int(cells.max()) + 1, vectors.shape[1]), np.float32)
    np.add.at(centres, cells[rows], vectors[rows])
    centres /= np.maximum(np.bincount(cells[rows], minlength=len(centres)), 1)[:, None]
    distances = np.linalg.norm(vectors[rows] - centres[cells[rows]], axis=1)
    return np.argsort(distances, kind="stable")
