"""The pool in cells of like galaxies: where to begin without an example, and what a neighbourhood is."""

import numpy as np

from tuningfork.labelling.strategies.view import View, fresh

__all__ = ["cell_statistics", "make_cells", "representatives"]

_SAMPLE = 4_000  # enough vectors to place the centres; every vector is then assigned


def make_cells(vectors: np.ndarray, *, cells: int, seed: int) -> np.ndarray:
    """k-means on a sample of the vectors [n, D], then the nearest centre for all: int [n]."""
    from sklearn.cluster import KMeans

    cells = max(1, min(cells, len(vectors)))
    rng = np.random.default_rng([seed, 1])
    sample = vectors[np.sort(rng.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False))]
    centres = (
        KMeans(cells, n_init=1, max_iter=25, random_state=seed % 2**32)
        .fit(sample)
        .cluster_centers_.astype(np.float32)
    )
    offsets = (centres**2).sum(1) / 2
    assigned = [
        (part @ centres.T - offsets).argmax(1) for part in np.array_split(vectors, len(vectors) // 65_536 + 1)
    ]
    return np.concatenate(assigned)


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


def cell_statistics(cells: np.ndarray, values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of values over the given rows in each cell: float [cells] each; cells without rows get
    0 and 1.
    """
    kinds = int(cells.max()) + 1
    counts = np.maximum(np.bincount(cells[rows], minlength=kinds), 1)
    mean = np.bincount(cells[rows], weights=values[rows], minlength=kinds) / counts
    square = np.bincount(cells[rows], weights=values[rows] ** 2, minlength=kinds) / counts
    return mean, np.sqrt(np.maximum(square - mean**2, 1e-12))


def _nearness_order(vectors: np.ndarray, cells: np.ndarray, rows: np.ndarray) -> np.ndarray:
    centres = np.zeros((int(cells.max()) + 1, vectors.shape[1]), np.float32)
    np.add.at(centres, cells[rows], vectors[rows])
    centres /= np.maximum(np.bincount(cells[rows], minlength=len(centres)), 1)[:, None]
    distances = np.linalg.norm(vectors[rows] - centres[cells[rows]], axis=1)
    return np.argsort(distances, kind="stable")
