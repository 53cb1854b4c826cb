"""Vectors at rest: one Lance table of ids and float32 vectors per encoder key."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import append_rows, compact, open_dataset, reading
from tuningfork.collection.place import Place
from tuningfork.errors import EmbeddingError, UsageError

__all__ = ["VectorTable", "safe_key"]

_BATCH = 8_192
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,119}")


def safe_key(key: str) -> str:
    """``key`` when it can be a file name on every system; raises `UsageError` otherwise."""
    if not _SAFE.fullmatch(key) or key.endswith("."):
        raise UsageError(
            f"'{key}' cannot be the key of an encoder",
            remedy="Use letters, digits, dot, dash, plus and underscore",
        )
    return key


class VectorTable:
    """``embeddings/KEY.lance``: what is in it is done, what is missing is left to do.

    An append is one commit: after a kill it is there whole or not at all, so there is never a torn row to
    drop.
    """

    def __init__(self, path: Path | Place, key: str):
        self.key = safe_key(key)
        self.path = path

    @property
    def exists(self) -> bool:
        """True once something was appended."""
        return open_dataset(self.path) is not None

    @property
    def metadata(self) -> dict[str, Any]:
        """What the first `append` said of these vectors; empty when there are none."""
        dataset = open_dataset(self.path)
        raw = (dataset.schema.metadata or {}).get(b"tuningfork") if dataset is not None else None
        return json.loads(raw) if raw else {}

    @property
    def version(self) -> int:
        """Grows with every change; 0 before the first append."""
        dataset = open_dataset(self.path)
        return 0 if dataset is None else dataset.version

    def compact(self) -> None:
        """Join what many small appends have left, when there are many."""
        compact(self.path)

    def count(self) -> int:
        """Rows in the table."""
        dataset = open_dataset(self.path)
        return 0 if dataset is None else dataset.count_rows()

    def ids(self) -> np.ndarray:
        """The ids that have a vector, in the order of `read`: object array."""
        return self.id_column().to_numpy(zero_copy_only=False).astype(object)

    def id_column(self) -> pa.LargeStringArray:
        """The same as an Arrow array, which needs no Python object for each."""
        dataset = open_dataset(self.path)
        if dataset is None:
            return pa.array([], pa.large_string())
        with reading(self.path):
            return dataset.to_table(columns=["id"])["id"].cast(pa.large_string()).combine_chunks()

    def append(self, ids: Sequence[str], vectors: np.ndarray, metadata: dict[str, Any] | None = None) -> None:
        """Add vectors ``[n, d]`` in one atomic commit.

        Raises
        ------
        EmbeddingError
            When a vector is not finite, or is not as wide as those already here.
        """
        vectors = np.ascontiguousarray(vectors, np.float32)
        if vectors.ndim != 2 or len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids do not fit vectors of shape {vectors.shape}")
        if not len(vectors):
            return
        finite = np.isfinite(vectors).all(axis=1)
        if not finite.all():
            raise EmbeddingError(
                "a vector with NaN or infinity is not stored", where=f"galaxy {ids[int(np.argmin(finite))]}"
            )
        self._same_width(vectors.shape[1])
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
        schema = pa.schema(
            [pa.field("id", pa.string()), pa.field("embedding", column.type)],
            metadata={"tuningfork": json.dumps(metadata or {})},
        )
        append_rows(self.path, pa.table([pa.array(list(ids), pa.string()), column], schema=schema))

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """All ids (object ``[n]``) and vectors (float32 ``[n, d]``); `EmbeddingError` when there are none."""
        ids = self.id_column()
        return ids.to_numpy(zero_copy_only=False).astype(object), self.aligned(ids)[0]

    def aligned(self, ids: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
        """Vectors in the order of some ids; memory is that of the result and little more.

        Returns
        -------
        vectors : ndarray
            float32 ``[n, d]``; zeros where there is none.
        present : ndarray
            bool ``[n]``.

        Raises
        ------
        EmbeddingError
            When there are no vectors at all.
        """
        dataset, place, present = self._places(ids)
        vectors = np.empty((len(ids), _width(dataset)), np.float32)
        vectors[~present] = 0
        for rows, block in self._blocks(dataset, place):
            vectors[rows] = block
        return vectors, present

    def outline(self, ids: pa.LargeStringArray) -> tuple[int, np.ndarray]:
        """How wide the vectors are, and which of some ids have one: bool ``[n]``. Reads no vector."""
        dataset, _, present = self._places(ids)
        return _width(dataset), present

    def blocks(self, ids: pa.LargeStringArray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Some thousand vectors at a time, in the order in which they are stored: for what shall not be held
        in memory.

        Yields
        ------
        rows : ndarray
            int ``[m]``, where among the ids they belong.
        block : ndarray
            float32 ``[m, d]``, for the moment only.
        """
        dataset, place, _ = self._places(ids)
        for rows, block in self._blocks(dataset, place):
            yield np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows, block

    def _places(self, ids: pa.LargeStringArray) -> tuple[Any, np.ndarray | None, np.ndarray]:
        """The dataset of now, where each of its vectors belongs among the ids (-1: nowhere; None: they are
        in that order), and which ids have one.
        """
        import pyarrow.compute as pc

        dataset = open_dataset(self.path)
        if dataset is None:
            raise EmbeddingError(
                f"there are no vectors of '{self.key}'",
                where=str(self.path),
                remedy="Make them with: tuningfork embed",
            )
        with reading(self.path):
            stored = dataset.to_table(columns=["id"])["id"].cast(pa.large_string()).combine_chunks()
        if stored.equals(ids):
            return dataset, None, np.ones(len(ids), bool)
        place = pc.index_in(stored, value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False)
        present = np.zeros(len(ids), bool)
        present[place[place >= 0]] = True
        return dataset, place, present

    def _blocks(
        self, dataset: Any, place: np.ndarray | None
    ) -> Iterator[tuple[slice | np.ndarray, np.ndarray]]:
        """Rows and vectors; those of galaxies that left are passed over."""
        done, width = 0, _width(dataset)
        with reading(self.path):
            for batch in dataset.to_batches(columns=["embedding"], batch_size=_BATCH):
                block = batch["embedding"].flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
                stored = slice(done, done + len(block))
                done += len(block)
                if place is None:
                    yield stored, block
                else:
                    rows = place[stored]
                    yield rows[rows >= 0], block[rows >= 0]

    def in_order(
        self, ids: pa.LargeStringArray, size: int = 65_536
    ) -> Iterator[tuple[pa.LargeStringArray, np.ndarray]]:
        """Vectors in the order of some ids, some at a time: memory is that of the ids and of one block.

        Yields
        ------
        ids : LargeStringArray
            At most ``size`` of them.
        vectors : ndarray
            float32 ``[n, d]``; NaN where there is none, and d is 0 when the table does not exist.
        """
        import pyarrow.compute as pc

        dataset = open_dataset(self.path)
        width = dataset.schema.field("embedding").type.list_size if dataset is not None else 0
        places = np.full(len(ids), -1)
        if dataset is not None:
            found = pc.index_in(ids, value_set=self.id_column()).fill_null(-1)
            places = found.to_numpy(zero_copy_only=False)
        for start in range(0, len(ids), size):
            wanted = places[start : start + size]
            vectors = np.full((len(wanted), width), np.nan, np.float32)
            there = np.flatnonzero(wanted >= 0)
            if dataset is not None and len(there):
                with reading(self.path):
                    taken = dataset.take(wanted[there].tolist(), columns=["embedding"])["embedding"]
                flat = taken.combine_chunks().flatten().to_numpy(zero_copy_only=False)
                vectors[there] = flat.reshape(-1, width)
            yield ids[start : start + size], vectors

    def _same_width(self, width: int) -> None:
        dataset = open_dataset(self.path)
        if dataset is None:
            return
        there = _width(dataset)
        if there != width:
            raise EmbeddingError(
                f"vectors of width {width} do not belong to '{self.key}', which has {there}",
                where=str(self.path),
            )


def _width(dataset: Any) -> int:
    return dataset.schema.field("embedding").type.list_size
