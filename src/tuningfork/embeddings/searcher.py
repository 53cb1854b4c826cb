"""What stays between searches of one collection: vectors in memory, or on disk with their index."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tuningfork.embeddings.index import SearchIndex, best_of
from tuningfork.embeddings.store import Embeddings, load_embeddings
from tuningfork.errors import EmbeddingError

__all__ = ["IN_MEMORY", "Found", "searcher_for"]

IN_MEMORY = 1_500_000  # vectors; more are searched through the index, or exactly in blocks from the disk
FEW_ALLOWED = 50_000  # with a filter that leaves so few, all of them are looked at
DEEPEST = 20_000  # neighbours asked of the index at once; a filter that needs more gets an exact search
PER_PARTITION = 500  # vectors of a part of the index that are counted on: half of what is planned


@dataclass(frozen=True)
class Found:
    """Rows of the collection with their cosines, best first, and how they were found."""

    rows: np.ndarray
    scores: np.ndarray
    exact: bool = True
    recall: float | None = None


class _InMemory:
    """All vectors of a collection, searched exactly."""

    def __init__(self, collection: Any, key: str):
        self.stored = load_embeddings(collection, key)
        self._index = SearchIndex(self.stored.vectors, self.stored.present)

    def vectors_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.stored.vectors[rows], self.stored.present[rows]

    def nearest(self, query: np.ndarray, k: int, exclude: np.ndarray, allowed: np.ndarray | None) -> Found:
        return Found(*self._index.nearest(query, k, exclude=exclude, allowed=allowed))


class _OnDisk:
    """Vectors that stay on disk: searched in blocks, or through their index."""

    def __init__(self, collection: Any, key: str, exact: bool):
        from tuningfork.collection import StoredVectors

        self._collection, self._exact = collection, exact
        table = collection.vector_table(key)
        self._vectors = StoredVectors(table)
        self._ids = table.id_column
        self.stored = Embeddings(
            key, np.empty((0, self._vectors.width), np.float32), np.empty(0, bool), table.metadata
        )

    @cached_property
    def _row_of(self) -> np.ndarray | None:
        """The collection's row of every position, -1 for a galaxy that left; None where they are the same."""
        import pyarrow.compute as pc

        stored, ids = self._ids(), self._collection.id_column()
        if len(stored) <= len(ids) and stored.equals(ids.slice(0, len(stored))):
            return None
        return (
            pc.index_in(stored, value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        )

    def _rows(self, positions: np.ndarray) -> np.ndarray:
        return positions if self._row_of is None else self._row_of[positions]

    def vectors_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._row_of is None:
            places = np.where(rows < self._vectors.count, rows, -1)
        else:
            here = np.flatnonzero(np.isin(self._row_of, rows))
            there = dict(zip(self._row_of[here].tolist(), here.tolist(), strict=True))
            places = np.array([there.get(int(row), -1) for row in rows], np.int64)
        vectors = np.zeros((len(rows), self._vectors.width), np.float32)
        vectors[places >= 0] = self._vectors.take(places[places >= 0])
        return vectors, places >= 0

    def nearest(self, query: np.ndarray, k: int, exclude: np.ndarray, allowed: np.ndarray | None) -> Found:
        mask, wanted = self._mask(allowed), k + len(exclude)
        if mask is not None and mask.sum() <= FEW_ALLOWED:
            found = self._among(query, wanted, np.flatnonzero(mask))
        else:
            found = None if self._exact else self._through_index(query, wanted, mask)
            found = found or self._in_blocks(query, wanted, mask)
        kept = ~np.isin(found.rows, exclude)
        return replace(found, rows=found.rows[kept][:k], scores=found.scores[kept][:k])

    def _mask(self, allowed: np.ndarray | None) -> np.ndarray | None:
        """Which positions may be found: bool; None for all."""
        if self._row_of is None:
            return None if allowed is None else allowed[: self._vectors.count]
        here = self._row_of >= 0
        return (None if here.all() else here) if allowed is None else here & allowed[self._row_of]

    def _among(self, query: np.ndarray, k: int, positions: np.ndarray) -> Found:
        found, scores = SearchIndex(self._vectors.take(positions)).nearest(query, k)
        return Found(self._rows(positions[found]), scores)

    def _in_blocks(self, query: np.ndarray, k: int, mask: np.ndarray | None) -> Found:
        best, best_scores = np.empty(0, np.int64), np.empty(0, np.float32)
        for start, block in self._vectors.blocks():
            allowed = None if mask is None else mask[start : start + len(block)]
            found, scores = SearchIndex(block).nearest(query, k, allowed=allowed)
            best, best_scores = best_of(
                np.concatenate([best, found + start]), np.concatenate([best_scores, scores]), k
            )
        return Found(self._rows(best), best_scores)

    def _through_index(self, query: np.ndarray, k: int, mask: np.ndarray | None) -> Found | None:
        """The answer of the index, asked for more until enough is allowed; None when that is too deep."""
        notes = self._vectors.notes
        share = 1.0 if mask is None else max(mask.mean(), 1e-9)
        deep = k if mask is None else int(1.2 * k / share) + 16
        while deep <= DEEPEST:
            probes = max(notes["probes"], -(-2 * deep // PER_PARTITION))
            found, scores = self._vectors.nearest(query, deep, probes=probes, refine=notes["refine"])
            kept = slice(None) if mask is None else mask[found]
            if len(found[kept]) >= k:
                rows, scores = best_of(self._rows(found[kept]), scores[kept], k)
                return Found(rows, scores, exact=False, recall=notes["recall"])
            deep *= 4
        return None


_kept: WeakKeyDictionary = WeakKeyDictionary()
_lock = threading.Lock()


def searcher_for(
    collection: Any, key: str, *, exact: bool | None = None, prepare: Callable[[], Any] | None = None
) -> Any:
    """What searches the vectors under a key; kept as long as the collection is open and they do not change.

    Parameters
    ----------
    collection : Collection
    key : str
        A stored key.
    exact : bool, optional
        True for exact answers at any size, False for the index at any size; None takes the index for more
        than 1.5 million vectors.
    prepare : callable, optional
        Called when an index is needed and there is none; builds it.
    """
    table = collection.vector_table(key)
    count = table.count()
    in_memory = count <= IN_MEMORY and exact is not False
    through_index = not in_memory and not exact
    with _lock:
        wanted = (key, in_memory, through_index, table.version)
        kept = _kept.get(collection)
        if kept is not None and kept[0] == wanted:
            return kept[1]
        _kept.pop(collection, None)  # before the new one takes memory
        if in_memory:
            made = _InMemory(collection, key)
        else:
            if through_index and not _has_index(table):
                if prepare is None:
                    raise EmbeddingError(
                        f"there is no search index of {count:,} vectors",
                        where=str(collection.path),
                        remedy=f"Build it: tuningfork embeddings index {collection.path} --encoder {key}",
                    )
                prepare()
                wanted = (*wanted[:-1], table.version)
            made = _OnDisk(collection, key, exact=not through_index)
        _kept[collection] = (wanted, made)
        return made


def _has_index(table: Any) -> bool:
    from tuningfork.collection import StoredVectors

    return "recall" in StoredVectors(table).notes
