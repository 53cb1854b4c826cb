"""Rows in, vectors out: what every engine does with its share of a collection."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.embeddings.forward import forward
from tuningfork.embeddings.plan import Plan
from tuningfork.embeddings.prepare import PreparedBatch, prepare_rows
from tuningfork.embeddings.workers import in_threads, shared_cores
from tuningfork.encoders.fit import Fit

__all__ = ["Embedder", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What became of a batch.

    Parameters
    ----------
    rows : ndarray
        (N,) int64 rows that have a vector now.
    vectors : ndarray
        (N, D) float32, finite.
    refused : tuple of (int, str)
        Row and reason of each that has none.
    """

    rows: np.ndarray
    vectors: np.ndarray
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Embedder:
    """An encoder at work on a collection, batch after batch in the threads of its plan."""

    collection: Any
    encoder: Any
    plan: Plan
    views: int
    fitting: Fit

    def __call__(self, rows: np.ndarray) -> Iterator[Outcome]:
        """Embed rows; outcomes come batch by batch in their order."""
        plan, on_card = self.plan, self.plan.device != "cpu"
        work = self._prepared if on_card else self._prepared_and_embedded
        with shared_cores(plan.workers) as threads:
            batches = in_threads(
                work,
                rows,
                plan.batch_size,
                workers=plan.workers,
                waiting=plan.workers if on_card else 2 * plan.workers,
                threads=threads,
            )
            for batch, vectors in batches:
                yield self._outcome(batch, self._embedded(batch) if on_card else vectors)

    def _prepared(self, rows: np.ndarray) -> tuple[PreparedBatch, None]:
        return prepare_rows(self.collection, self.encoder, rows, self.fitting), None

    def _prepared_and_embedded(self, rows: np.ndarray) -> tuple[PreparedBatch, np.ndarray | None]:
        batch = prepare_rows(self.collection, self.encoder, rows, self.fitting)
        return replace(batch, x=None), self._embedded(batch)

    def _embedded(self, batch: PreparedBatch) -> np.ndarray | None:
        return None if batch.x is None else forward(self.encoder, batch.x, self.plan, self.views)

    def _outcome(self, batch: PreparedBatch, vectors: np.ndarray | None) -> Outcome:
        if vectors is None:
            return Outcome(
                batch.rows[:0], np.empty((0, self.encoder.spec.dim), np.float32), tuple(batch.unreadable)
            )
        finite = np.isfinite(vectors).all(axis=1)
        bad = [(int(row), "the encoder gives numbers that are not finite") for row in batch.rows[~finite]]
        return Outcome(batch.rows[finite], vectors[finite], (*batch.unreadable, *bad))
