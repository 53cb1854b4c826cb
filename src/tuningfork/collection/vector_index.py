"""Vectors on disk, read in blocks or through an index, for searches that cannot hold them in memory."""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from tuningfork.collection.engine import KEPT, open_dataset, reading
from tuningfork.collection.rows import RowNumbers
from tuningfork.collection.vectors import VectorTable
from tuningfork.errors import EmbeddingError

__all__ = ["StoredVectors", "build_vector_index"]

ROWS_PER_PARTITION = 1_000
MOST_PARTITIONS = 65_536
_NAME = "nearest"
_NOTES = "tuningfork.index"


class StoredVectors:
    """The vectors under one key as they are now; positions count them from 0 in the order they were stored.

    One object keeps the pages of the index in memory that searches have touched, so keep it between searches.

    Parameters
    ----------
    table : VectorTable
        `EmbeddingError` when nothing was stored in it.
    """

    def __init__(self, table: VectorTable):
        self.key, self.path = table.key, table.path
        self._dataset = open_dataset(table.path)
        if self._dataset is None:
            raise EmbeddingError(
                f"there are no vectors of '{table.key}'",
                where=str(table.path),
                remedy="Make them with: tuningfork embed",
            )

    @cached_property
    def count(self) -> int:
        """How many vectors there are."""
        return self._dataset.count_rows()

    @property
    def width(self) -> int:
        """Numbers of one vector."""
        return self._dataset.schema.field("embedding").type.list_size

    @cached_property
    def notes(self) -> dict[str, Any]:
        """What `build_vector_index` and `keep_notes` left here; empty when there is no index."""
        if self._index is None:
            return {}
        return json.loads(self._dataset.config().get(_NOTES, "{}"))

    @cached_property
    def indexed(self) -> int:
        """How many vectors the index covers; a search through it looks at all others one by one."""
        return 0 if self._index is None else self._index.num_rows_indexed

    @cached_property
    def _index(self) -> Any:
        return next((index for index in self._dataset.describe_indices() if index.name == _NAME), None)

    @cached_property
    def _numbers(self) -> RowNumbers:
        return RowNumbers(self._dataset)

    def blocks(self, rows: int = 65_536) -> Iterator[tuple[int, np.ndarray]]:
        """All vectors in order: the position of the first of a block, and the block, float32 ``[m, d]``."""
        done = 0
        with reading(self.path):
            for batch in self._dataset.to_batches(columns=["embedding"], batch_size=rows):
                block = self._numbers_of(batch["embedding"])
                yield done, block
                done += len(block)

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Vectors at some positions, float32 ``[m, d]``, in the order asked."""
        positions = np.asarray(positions, np.int64)
        if not len(positions):
            return np.empty((0, self.width), np.float32)
        with reading(self.path):
            table = self._dataset.take(positions.tolist(), columns=["embedding"])
        return self._numbers_of(table["embedding"].combine_chunks())

    def nearest(
        self, query: np.ndarray, k: int, *, probes: int, refine: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions and cosines of about the k nearest vectors, nearest first, through the index.

        Parameters
        ----------
        query : ndarray
            (D,).
        k : int
            How many.
        probes : int
            Parts of the index that are looked through.
        refine : int
            The cosines of this many times k are computed from the vectors themselves.
        """
        wanted = {
            "column": "embedding",
            "q": np.asarray(query, np.float32),
            "k": k,
            "minimum_nprobes": probes,
            "maximum_nprobes": probes,
            "refine_factor": refine,
        }
        with reading(self.path):
            found = self._dataset.to_table(columns=["_distance"], with_row_id=True, nearest=wanted)
        rows = self._numbers.of(found["_rowid"].to_numpy())
        return rows, 1 - found["_distance"].to_numpy().astype(np.float32)

    def keep_notes(self, notes: dict[str, Any]) -> None:
        """Keep what was learnt about the index beside it: plain values, fit for JSON."""
        with reading(self.path):
            self._dataset.update_config({_NOTES: json.dumps(notes)})
        self.__dict__.pop("notes", None)

    def _numbers_of(self, column: Any) -> np.ndarray:
        return np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(-1, self.width)


def build_vector_index(table: VectorTable) -> StoredVectors:
    """Build the index of nearest neighbours anew and return the vectors with it.

    The vectors are parted by k-means, some 1,000 to a part, and each number of theirs is kept as one byte
    (scalar quantisation), all in the table's own folder: a quarter of what the vectors take. One commit:
    after a kill the old index is there or none. Hold the writer's lock of the embeddings.
    """
    vectors = StoredVectors(table)
    parts = int(np.clip(vectors.count // ROWS_PER_PARTITION, 1, MOST_PARTITIONS))
    with reading(table.path):
        vectors._dataset.create_index(
            "embedding",
            index_type="IVF_SQ",
            name=_NAME,
            metric="cosine",
            num_partitions=parts,
            replace=True,
        )
        vectors._dataset.cleanup_old_versions(older_than=KEPT)  # indexes that were replaced, or never ended
    return StoredVectors(table)
