"""Embed a collection: what is missing, ahead in threads, resumable at any kill."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tuningfork.collection.engine import one_writer
from tuningfork.embeddings.filling import Running, fill
from tuningfork.embeddings.keys import as_encoder, loadable_name, vector_key
from tuningfork.embeddings.plan import Plan
from tuningfork.embeddings.prepare import check_record, fit_for, fit_metadata

__all__ = ["EmbedReport", "about", "embed"]


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


def embed(  # noqa: PLR0913 - all but the first two by name
    collection: Any,
    encoder: Any,
    *,
    batch_size: int | None = None,
    precision: str = "auto",
    views: int = 1,
    workers: int | None = None,
    bands: Sequence[str] | None = None,
    engine: str = "local",
    address: str | None = None,
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
    engine : {"local", "ray"}
        "ray" spreads the work over the processes of a Ray cluster; the vectors are the same.
    address : str, optional
        Of the cluster; without it Ray is started on this machine, with ``workers`` processes.
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
    running = Running(batch_size, precision, views, workers, engine, address, quiet)
    given, name, encoder = encoder, loadable_name(encoder), as_encoder(encoder)
    fitting = fit_for(collection, encoder, bands)
    key = vector_key(encoder, views, fitting.choice.suffix)
    with one_writer(collection.path / "embeddings", f"embedding with {key}"):
        table = collection.vector_table(key)
        check_record(collection, key, table.metadata if table.exists else {}, fitting)
        filled = fill(
            collection,
            table,
            encoder,
            fitting,
            running,
            lambda plan: {**about(name, encoder, plan, views), **fit_metadata(fitting)},
            shipped=given if isinstance(given, str) else encoder,
        )
    seconds = time.monotonic() - began
    return EmbedReport(
        key, filled.done, filled.already, seconds, filled.plan, filled.left_out, fitting.remarks
    )


def about(name: str, encoder: Any, plan: Plan, views: int) -> dict[str, str]:
    """What a table of vectors tells of how they were made."""
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
