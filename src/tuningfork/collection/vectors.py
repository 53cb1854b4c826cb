"""Vectors at rest: one Lance table of ids and float32 vectors per encoder key."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import append_rows, open_dataset
from tuningfork.errors import EmbeddingError, UsageError

__all__ = ["VectorTable", "safe_key"]

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

    def __init__(self, path: Path, key: str):
        self.key = safe_key(key)
        self.path = Path(path)

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

    def count(self) -> int:
        """Rows in the table."""
        dataset = open_dataset(self.path)
        return 0 if dataset is None else dataset.count_rows()

    def ids(self) -> np.ndarray:
        """The ids that have a vector, in the order of `read`: object array."""
        dataset = open_dataset(self.path)
        if dataset is None:
            return np.empty(0, object)
        return dataset.to_table(columns=["id"])["id"].to_numpy(zero_copy_only=False).astype(object)

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
        dataset = open_dataset(self.path)
        if dataset is None:
            raise EmbeddingError(
                f"there are no vectors of '{self.key}'",
                where=str(self.path),
                remedy="Make them with: tuningfork embed",
            )
        table = dataset.to_table(columns=["id", "embedding"])
        width = table.schema.field("embedding").type.list_size
        chunks = [
            chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
            for chunk in table["embedding"].chunks
        ]
        vectors = np.concatenate(chunks) if chunks else np.empty((0, width), np.float32)
        ids = table["id"].to_numpy(zero_copy_only=False).astype(object)
        return ids, np.ascontiguousarray(vectors, np.float32)

    def _same_width(self, width: int) -> None:
        dataset = open_dataset(self.path)
        if dataset is None:
            return
        there = dataset.schema.field("embedding").type.list_size
        if there != width:
            raise EmbeddingError(
                f"vectors of width {width} do not belong to '{self.key}', which has {there}",
                where=str(self.path),
            )
