"""Exact nearest neighbours: a fast scan with a known error, then the true cosines of all that may be among
the best."""

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.embeddings.halves import HalfCopy, as_tensor
from tuningfork.errors import EmbeddingError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SearchIndex", "best_of", "direction", "unit_query"]

BLOCK_ROWS = 16_384  # 25 MB of 384 numbers: norms are taken while a block is still in the cache
WORTH_A_COPY = 100_000  # rows; fewer are scanned in a few milliseconds anyway
GROUP = 64  # scores whose largest one is looked at first


class SearchIndex:
    """Cosine similarity to any direction, over all vectors, exact.

    A search scans all vectors for scores whose error has a known bound, and takes the cosines of those that
    may belong to the answer in float64: the answer does not depend on how the scan was done. The second
    search of many vectors makes a copy of them in float16, which is scanned faster; it takes half their
    memory.

    Parameters
    ----------
    vectors : ndarray
        (n, D) float32; kept, not copied.
    present : ndarray, optional
        (n,) bool; rows without a vector are never found.
    """

    def __init__(self, vectors: np.ndarray, present: np.ndarray | None = None):
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self._present = None if present is None or present.all() else present
        self._inverse_norms: Any = None
        self._odd = np.empty(0, np.int64)  # rows so long or short that float32 cannot hold their squares
        self._halves: HalfCopy | None = None
        self._searches = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def copied(self) -> bool:
        """Whether searches scan the copy in float16."""
        return self._halves is not None

    def prepare(self) -> None:
        """Make the copy in float16 now, where this machine scans it faster, and not at the second search."""
        with self._lock:
            if not len(self):
                return
            if self._inverse_norms is None:
                self._products(self._vectors[0])
            self._copy()

    def nearest(
        self,
        query: np.ndarray,
        k: int,
        *,
        exclude: np.ndarray | None = None,
        allowed: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows and cosines of the k best, best first; cosines that are equal in float32 in row order.

        Parameters
        ----------
        query : ndarray
            (D,), of any length.
        k : int
            How many at most; fewer when fewer vectors are there.
        exclude : ndarray, optional
            Rows left out of the answer.
        allowed : ndarray, optional
            (n,) bool; only these rows may be found.

        Returns
        -------
        rows : ndarray
            (k,) int64.
        scores : ndarray
            (k,) float32.
        """
        query = unit_query(query)
        if not len(self) or k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, bound = self._scan(query)
        for mask in (self._present, allowed):
            if mask is not None:
                scores.masked_fill_(~as_tensor(mask), -np.inf)
        if exclude is not None and len(exclude):
            scores[as_tensor(np.asarray(exclude, np.int64))] = -np.inf
        rows = _may_be_best(scores, k, bound, self._odd)
        return best_of(rows, _cosines(self._vectors, rows, query), k)

    def _scan(self, query: np.ndarray) -> tuple["Tensor", float]:
        """Scores of all rows and the bound of their error."""
        dots = None
        with self._lock:
            self._searches += 1
            if self._inverse_norms is None:
                dots = self._products(query)
            elif self._searches == 2 and len(self) >= WORTH_A_COPY:
                self._copy()
        if self._halves is not None:
            return self._halves.scores(query), self._halves.bound
        dots = self._vectors @ query if dots is None else dots
        assert self._inverse_norms is not None  # the first search has made them
        scores = dots * self._inverse_norms
        scores[self._odd] = 0
        return as_tensor(scores), 4 * (len(query) + 8) * 2.0**-24

    def _copy(self) -> None:
        if self._halves is None and HalfCopy.pays(self._vectors):
            self._halves = HalfCopy(self._vectors, self._inverse_norms)

    def _products(self, query: np.ndarray) -> np.ndarray:
        """Dot products with the query, block by block, taking the norms on the way."""
        dots = np.empty(len(self._vectors), dtype=np.float32)
        squares = np.empty_like(dots)
        for start in range(0, len(dots), BLOCK_ROWS):
            block = self._vectors[start : start + BLOCK_ROWS]
            dots[start : start + BLOCK_ROWS] = block @ query
            with np.errstate(over="ignore"):
                squares[start : start + BLOCK_ROWS] = np.einsum("nd,nd->n", block, block)
        usual = (squares > 1e-30) & (squares < 1e30)
        self._odd = np.flatnonzero(~usual)
        norms = np.sqrt(squares, where=usual, out=np.ones_like(squares))
        self._inverse_norms = np.divide(1, norms, where=usual, out=np.zeros_like(norms))
        return dots


def direction(positives: np.ndarray, negatives: np.ndarray | None = None) -> np.ndarray:
    """One (D,) query of unit length from several examples.

    The mean of the positives' unit vectors, less the mean of the negatives' ones (Rocchio 1971, equal
    weights): a galaxy's score is how much nearer it lies, in cosine, to the positives than to the negatives.
    """
    query = _units(positives).mean(axis=0)
    if negatives is not None and len(negatives):
        query = query - _units(negatives).mean(axis=0)
    length = float(np.linalg.norm(query))
    if length < 1e-6:
        raise EmbeddingError("the positive and negative examples cancel out", remedy="Give others")
    return (query / length).astype(np.float32)


def unit_query(query: np.ndarray) -> np.ndarray:
    """A query as float32 of unit length; `EmbeddingError` when it has no direction."""
    query = np.asarray(query, dtype=np.float64)
    length = float(np.linalg.norm(query))
    if not np.isfinite(length) or length == 0:
        raise EmbeddingError("the query has no direction: its vector is zero or not finite")
    return (query / length).astype(np.float32)


def best_of(rows: np.ndarray, scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of some rows with their scores, best first, equal scores in row order."""
    scores = scores.astype(np.float32, copy=False)
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def _units(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def _may_be_best(scores: "Tensor", k: int, bound: float, always: np.ndarray) -> np.ndarray:
    """Rows that can be among the k best when no score is off by more than the bound, rising.

    At least k rows score ``t`` or more, where t is the k-th best score; so the k-th best cosine is t - bound
    at least, and a row with such a cosine scores t - 2 bound at least. The k-th best of the largest scores
    of groups of rows is a first t, which needs no sorting of all.
    """
    groups = len(scores) // GROUP
    values = scores.numpy()
    found = np.flatnonzero(values > -np.inf)
    if groups > k:
        largest = scores[: groups * GROUP].view(groups, GROUP).amax(1).numpy()
        floor = np.partition(largest, groups - k)[groups - k]
        if floor > -np.inf:
            found = np.flatnonzero(values >= floor - np.float32(2 * bound))
    if len(found) > k:
        kept = values[found]
        floor = np.partition(kept, len(kept) - k)[len(kept) - k]
        found = found[kept >= floor - np.float32(2 * bound)]
    return np.union1d(found, always[values[always] > -np.inf]) if len(always) else found


def _cosines(vectors: np.ndarray, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Cosines (m,) float64 of some rows; 0 for a vector of zeros. Each row is summed in the same order."""
    wide = query.astype(np.float64)
    wide /= np.linalg.norm(wide)
    cosines = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK_ROWS):
        block = vectors[rows[start : start + BLOCK_ROWS]].astype(np.float64)
        norms = np.sqrt(np.einsum("nd,nd->n", block, block))
        dots = np.einsum("nd,d->n", block, wide)
        cosines[start : start + BLOCK_ROWS] = np.divide(dots, norms, where=norms > 0, out=np.zeros(len(dots)))
    return cosines
