"""The labelled galaxies that look most like some others: what a classifier may have had in mind."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import EmbeddingError

__all__ = ["Similar", "nearest_labelled"]


@dataclass(frozen=True)
class Similar:
    """Neighbours of some galaxies among others.

    Parameters
    ----------
    key : str
        Whose vectors.
    rows : ndarray
        (n, k) rows of the collection, nearest first; -1 where there are fewer.
    cosines : ndarray
        (n, k) float32.
    """

    key: str
    rows: np.ndarray
    cosines: np.ndarray


def nearest_labelled(
    collection: Any, rows: np.ndarray, among: np.ndarray, *, k: int = 3, encoder: Any = None
) -> Similar | None:
    """The k nearest of the rows ``among`` for each of ``rows``, never itself, by cosine of stored vectors.

    Parameters
    ----------
    encoder : str or Encoder, optional
        Whose vectors; the newest when not given.

    Returns
    -------
    Similar or None
        None when the collection has no vectors.
    """
    from tuningfork.embeddings import load_embeddings

    try:
        stored = load_embeddings(collection, encoder)
    except EmbeddingError:
        if encoder is not None:
            raise
        return None
    among = among[stored.present[among]]
    near, cosines = np.full((len(rows), k), -1, np.int64), np.full((len(rows), k), np.nan, np.float32)
    if len(among):
        products = _units(stored.vectors[rows]) @ _units(stored.vectors[among]).T
        products[rows[:, None] == among[None, :]] = -np.inf
        order = np.argsort(-products, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(products, order, 1)
        there = np.isfinite(best) & stored.present[rows][:, None]
        near[:, : order.shape[1]] = np.where(there, among[order], -1)
        cosines[:, : order.shape[1]] = np.where(there, best, np.nan)
    return Similar(stored.key, near, cosines)


def _units(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
