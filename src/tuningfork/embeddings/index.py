"""Exact nearest neighbours by one matrix product."""

import numpy as np

from tuningfork.errors import EmbeddingError

__all__ = ["SearchIndex", "direction"]

BLOCK_ROWS = 16_384  # 25 MB of 384 numbers: norms are taken while a block is still in the cache


class SearchIndex:
    """Cosine similarity to any direction, over all vectors, exact.

    Parameters
    ----------
    vectors : ndarray
        (n, D) float32; kept, not copied.
    present : ndarray, optional
        (n,) bool; rows without a vector are never found.
    """

    def __init__(self, vectors: np.ndarray, present: np.ndarray | None = None):
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self._present = np.ones(len(vectors), dtype=bool) if present is None else present
        self._inverse_norms: np.ndarray | None = None

    def scores(self, query: np.ndarray) -> np.ndarray:
        """Cosines (n,) float32 of all vectors with a (D,) query; minus infinity where there is no vector."""
        dots = self._products(np.asarray(query, dtype=np.float32))
        length = float(np.linalg.norm(query))
        if not np.isfinite(length) or length == 0:
            raise EmbeddingError("the query has no direction: its vector is zero or not finite")
        return np.where(self._present, dots * self._inverse_norms / np.float32(length), -np.inf).astype(
            np.float32, copy=False
        )

    def nearest(
        self, query: np.ndarray, k: int, *, exclude: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows and scores of the k highest cosines, best first; equal scores in row order.

        Parameters
        ----------
        query : ndarray
            (D,).
        k : int
            How many at most; fewer when fewer vectors are there.
        exclude : ndarray, optional
            Rows left out of the answer.
        """
        scores = self.scores(query)
        if exclude is not None and len(exclude):
            scores[exclude] = -np.inf
        rows = _top(scores, k)
        rows = rows[scores[rows] > -np.inf]
        return rows, scores[rows]

    def _products(self, query: np.ndarray) -> np.ndarray:
        """Dot products with the query; the first call also takes the norms, block by block."""
        if self._inverse_norms is not None:
            return self._vectors @ query
        dots = np.empty(len(self._vectors), dtype=np.float32)
        squares = np.empty_like(dots)
        for start in range(0, len(dots), BLOCK_ROWS):
            block = self._vectors[start : start + BLOCK_ROWS]
            dots[start : start + BLOCK_ROWS] = block @ query
            squares[start : start + BLOCK_ROWS] = np.einsum("nd,nd->n", block, block)
        norms = np.sqrt(squares)
        self._inverse_norms = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
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


def _units(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def _top(scores: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k largest, best first, ties by index."""
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, dtype=np.int64)
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    found = np.flatnonzero(scores >= threshold)
    return found[np.argsort(-scores[found], kind="stable")][:k]
