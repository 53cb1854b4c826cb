"""Embed a collection: what is missing, ahead in threads, resumable at any kill."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tuningfork.collection.engine import one_writer
from tuningfork.embeddings.forward import check_views, forward
from tuningfork.embeddings.keys import as_encoder, loadable_name, vector_key
from tuningfork.embeddings.plan import Plan, choose_plan
from tuningfork.embeddings.prepare import PreparedBatch, check_record, fit_for, fit_metadata, prepare_rows
from tuningfork.embeddings.workers import in_threads, shared_cores
from tuningfork.embeddings.writer import FragmentWriter
from tuningfork.encoders.fit import Fit
from tuningfork.errors import EmbeddingError
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
    remarks : tuple of str
        How bands and flux were brought to what the encoder takes; empty when they fitted as they are.
    """

    key: str
    done: int
    already: int
    seconds: float
    plan: Plan | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def embed(
    collection: Any,
    encoder: Any,
    *,
    batch_size: int | None = None,
    precision: str = "auto",
    views: int = 1,
    workers: int | None = None,
    bands: Sequence[str] | None = None,
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
        Threads that work on a batch each; by default one for each core that torch may use. A graphics card
        is fed by at most 8.
    bands : sequence of str, optional
        Which of the collection's bands to take, one for each the encoder takes, blue first; wanted where
        neither names nor numbers tell. Stored under a key of its own when it is not what would be taken
        anyway.
    quiet : bool
        No progress line.

    Returns
    -------
    EmbedReport

    Raises
    ------
    BusyError
        When another process embeds into this collection.
    EmbeddingError
        When the collection's bands or flux do not fit the encoder; with the command that mends it.
    UsageError
        For impossible settings.
    """
    began = time.monotonic()
    check_views(views)
    name, encoder = loadable_name(encoder), as_encoder(encoder)
    fitting = fit_for(collection, encoder, bands)
    key = vector_key(encoder, views, fitting.choice.suffix)
    with one_writer(collection.path / "embeddings", f"embedding with {key}"):
        table = collection.vector_table(key)
        stored = table.metadata if table.exists else {}
        check_record(collection, key, stored, fitting)
        missing, already = _missing_rows(collection, table)
        if len(missing) == 0:
            return EmbedReport(key, 0, already, time.monotonic() - began, remarks=fitting.remarks)
        if precision == "auto":
            precision = stored.get("precision", "auto")
        plan = choose_plan(
            encoder, len(missing) * views, batch_size=batch_size, precision=precision, workers=workers
        )
        told = stored or {**_metadata(name, encoder, plan, views), **fit_metadata(fitting)}
        with (
            FragmentWriter(table, told) as writer,
            progress("embedding", len(missing), quiet=quiet) as advance,
        ):
            done, left_out = _Job(collection, encoder, plan, views, writer, fitting).run(missing, advance)
    seconds = time.monotonic() - began
    return EmbedReport(key, done, already, seconds, plan, tuple(left_out), fitting.remarks)


@dataclass(frozen=True)
class _Job:
    collection: Any
    encoder: Any
    plan: Plan
    views: int
    writer: FragmentWriter
    fitting: Fit

    def run(self, rows: np.ndarray, advance: Advance) -> tuple[int, list[tuple[str, str]]]:
        done, left_out = 0, []
        with shared_cores(self.plan.workers) as threads:
            for batch, vectors in self._results(rows, threads):
                kept, refused = self._keep(batch, vectors)
                done += kept
                left_out += refused
                advance(len(batch.rows) + len(batch.unreadable))
        return done, left_out

    def _results(self, rows: np.ndarray, threads: int) -> Iterator[tuple[PreparedBatch, np.ndarray | None]]:
        """Prepared batches with their vectors, in order."""
        plan, on_card = self.plan, self.plan.device != "cpu"
        work = self._prepared if on_card else self._prepared_and_embedded
        waiting = plan.workers if on_card else 2 * plan.workers
        batches = in_threads(
            work, rows, plan.batch_size, workers=plan.workers, waiting=waiting, threads=threads
        )
        for batch, vectors in batches:
            yield batch, self._embedded(batch) if on_card else vectors

    def _prepared(self, rows: np.ndarray) -> tuple[PreparedBatch, None]:
        return prepare_rows(self.collection, self.encoder, rows, self.fitting), None

    def _prepared_and_embedded(self, rows: np.ndarray) -> tuple[PreparedBatch, np.ndarray | None]:
        batch = prepare_rows(self.collection, self.encoder, rows, self.fitting)
        return replace(batch, x=None), self._embedded(batch)

    def _embedded(self, batch: PreparedBatch) -> np.ndarray | None:
        return None if batch.x is None else forward(self.encoder, batch.x, self.plan, self.views)

    def _keep(self, batch: PreparedBatch, vectors: np.ndarray | None) -> tuple[int, list[tuple[str, str]]]:
        """Hand vectors to the writer; returns how many, and the ids and reasons of those left out."""
        refused, rows = list(batch.unreadable), batch.rows
        if vectors is not None:
            finite = np.isfinite(vectors).all(axis=1)
            refused += [(int(row), "the encoder gives numbers that are not finite") for row in rows[~finite]]
            rows, vectors = rows[finite], vectors[finite]
            if len(rows):
                self.writer.add(self.collection.ids(rows), vectors)
        return len(rows), [(str(self.collection.ids([row])[0]), reason) for row, reason in refused]


def _missing_rows(collection: Any, table: Any) -> tuple[np.ndarray, int]:
    """Rows without a vector, and how many have one."""
    import pyarrow.compute as pc

    ids = collection.id_column()
    if not len(ids):
        raise EmbeddingError(
            "the collection holds no galaxies",
            where=str(collection.path),
            remedy="Add some: tuningfork collection add",
        )
    if not table.exists:
        return np.arange(len(ids)), 0
    has = pc.is_in(ids, value_set=table.id_column()).to_numpy(zero_copy_only=False)
    return np.flatnonzero(~has), int(has.sum())


def _metadata(name: str, encoder: Any, plan: Plan, views: int) -> dict[str, str]:
    from tuningfork import __version__

    return {
        "encoder": name,
        "name": encoder.spec.name,
        "encoder_key": encoder.spec.key,
        "dim": str(encoder.spec.dim),
        "precision": plan.precision,
        "views": str(views),
        "created": datetime.now(UTC).isoformat(),
        "tuningfork": __version__,
    }
