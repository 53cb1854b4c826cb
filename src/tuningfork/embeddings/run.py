"""Embed a collection: what is missing, ahead in threads, resumable at any kill."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tuningfork.embeddings.forward import check_views, forward
from tuningfork.embeddings.keys import as_encoder, vector_key
from tuningfork.embeddings.plan import Plan, choose_plan
from tuningfork.embeddings.prepare import PreparedBatch, prepared_batches
from tuningfork.embeddings.writer import FragmentWriter
from tuningfork.errors import EmbeddingError, UsageError
from tuningfork.files import only_writer
from tuningfork.progress import Advance, progress

__all__ = ["EmbedReport", "embed"]


@dataclass(frozen=True)
class EmbedReport:
    """What an `embed` did.

    Parameters
    ----------
    key : str
        Where the vectors are stored.
    done : int
        Galaxies embedded now.
    already : int
        Galaxies that had a vector before.
    seconds : float
        Time spent, the choice of the plan included.
    plan : Plan or None
        Device, precision and batch size; None when nothing was missing.
    left_out : tuple of (str, str)
        Id and reason of each galaxy that could not be embedded.
    """

    key: str
    done: int
    already: int
    seconds: float
    plan: Plan | None = None
    left_out: tuple[tuple[str, str], ...] = ()


def embed(
    collection: Any,
    encoder: Any,
    *,
    batch_size: int | None = None,
    precision: str = "auto",
    views: int = 1,
    workers: int | None = None,
    quiet: bool = False,
) -> EmbedReport:
    """Give every galaxy of a collection its vector.

    Only galaxies without one are embedded; what was computed is committed every few seconds, so a job that
    ended in any way goes on where it was. A galaxy whose stamp cannot be read is left out and named.

    Parameters
    ----------
    collection : Collection
        The galaxies.
    encoder : Encoder or str
        An encoder or its name.
    batch_size : int, optional
        Stamps per forward pass; measured when not given.
    precision : {"auto", "fp32", "bf16"}
        "auto" takes the faster one of those the processor has; a job that goes on keeps its first choice.
    views : {1, 2, 4, 8}
        Average the vectors of that many rotations and mirror images. Stored under a key of its own.
    workers : int, optional
        Threads that decode; by default one per two processors, at least 2 and at most 8.
    quiet : bool
        No progress line.

    Returns
    -------
    EmbedReport

    Raises
    ------
    BusyError
        When another process embeds into this collection.
    UsageError
        For impossible settings.
    """
    began = time.monotonic()
    check_views(views)
    if workers is not None and workers < 1:
        raise UsageError(f"at least 1 worker must decode, not {workers}")
    encoder = as_encoder(encoder)
    key = vector_key(encoder, views)
    with only_writer(collection.path / "embeddings", f"embedding with {key}"):
        table = collection.vector_table(key)
        stored = table.metadata if table.exists else {}
        missing, already = _missing_rows(collection, table)
        if len(missing) == 0:
            return EmbedReport(key, 0, already, time.monotonic() - began)
        if precision == "auto":
            precision = stored.get("precision", "auto")
        plan = choose_plan(encoder, len(missing) * views, batch_size=batch_size, precision=precision)
        batches = prepared_batches(
            collection, encoder, missing, plan.batch_size, workers=workers or _workers()
        )
        with (
            FragmentWriter(table, stored or _metadata(encoder, plan, views)) as writer,
            progress("embedding", len(missing), quiet=quiet) as advance,
        ):
            job = _Job(collection, encoder, plan, views, writer)
            done, left_out = job.run(batches, advance)
    return EmbedReport(key, done, already, time.monotonic() - began, plan, tuple(left_out))


@dataclass(frozen=True)
class _Job:
    collection: Any
    encoder: Any
    plan: Plan
    views: int
    writer: FragmentWriter

    def run(self, batches: Any, advance: Advance) -> tuple[int, list[tuple[str, str]]]:
        done, left_out = 0, []
        for batch in batches:
            kept, refused = self._one_batch(batch)
            done += kept
            left_out += refused
            advance(len(batch.rows) + len(batch.unreadable))
        return done, left_out

    def _one_batch(self, batch: PreparedBatch) -> tuple[int, list[tuple[str, str]]]:
        refused = list(batch.unreadable)
        rows = batch.rows
        if batch.x is not None:
            vectors = forward(self.encoder, batch.x, self.plan, self.views)
            finite = np.isfinite(vectors).all(axis=1)
            refused += [(int(row), "the encoder gives numbers that are not finite") for row in rows[~finite]]
            rows, vectors = rows[finite], vectors[finite]
            if len(rows):
                self.writer.add(self.collection.ids(rows), vectors)
        return len(rows), [(str(self.collection.ids([row])[0]), reason) for row, reason in refused]


def _missing_rows(collection: Any, table: Any) -> tuple[np.ndarray, int]:
    """Rows without a vector, and how many have one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(collection.ids(), pa.string())
    if not len(ids):
        raise EmbeddingError(
            "the collection holds no galaxies",
            where=str(collection.path),
            remedy="Add some: tuningfork collection add",
        )
    if not table.exists:
        return np.arange(len(ids)), 0
    has = pc.is_in(ids, value_set=pa.array(table.ids(), pa.string())).to_numpy(zero_copy_only=False)
    return np.flatnonzero(~has), int(has.sum())


def _metadata(encoder: Any, plan: Plan, views: int) -> dict[str, str]:
    from tuningfork import __version__

    return {
        "encoder": encoder.spec.name,
        "encoder_key": encoder.spec.key,
        "dim": str(encoder.spec.dim),
        "precision": plan.precision,
        "views": str(views),
        "created": datetime.now(UTC).isoformat(),
        "tuningfork": __version__,
    }


def _workers() -> int:
    return min(8, max(2, (os.cpu_count() or 2) // 2))
