"""Fill a table with what an encoder says of each galaxy of a collection: what is missing, in atomic steps.

Vectors are one use (`tuningfork.embeddings.run`), probabilities of classes another.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.embeddings.compute import Embedder, Outcome
from tuningfork.embeddings.forward import check_views
from tuningfork.embeddings.plan import Plan, choose_plan
from tuningfork.embeddings.writer import FragmentWriter
from tuningfork.encoders.fit import Fit
from tuningfork.errors import EmbeddingError, UnknownNameError
from tuningfork.progress import progress

__all__ = ["ENGINES", "Filled", "Running", "fill"]

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Running:
    """How an encoder is run over a collection; see `tuningfork.embeddings.embed` for each.

    Raises `UnknownNameError` or `UsageError` for what cannot be.
    """

    batch_size: int | None = None
    precision: str = "auto"
    views: int = 1
    workers: int | None = None
    engine: str = "local"
    address: str | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        check_views(self.views)
        if self.engine not in ENGINES:
            raise UnknownNameError("engine", self.engine, ENGINES)


@dataclass(frozen=True)
class Filled:
    """What was done.

    Parameters
    ----------
    done, already : int
        Galaxies whose vector was made now, and of those asked for, how many had one.
    plan : Plan or None
        None when nothing was missing.
    left_out : tuple of (str, str)
        Id and reason of each galaxy that could not be done.
    """

    done: int
    already: int
    plan: Plan | None = None
    left_out: tuple[tuple[str, str], ...] = ()


def fill(  # noqa: PLR0913 - the last three by name
    collection: Any,
    table: Any,
    encoder: Any,
    fitting: Fit,
    running: Running,
    told: Callable[[Plan], dict[str, str]],
    *,
    shipped: Any = None,
    rows: np.ndarray | None = None,
    doing: str = "embedding",
) -> Filled:
    """Give every galaxy of a collection, or some rows, its vector in a table. The caller holds the lock.

    Parameters
    ----------
    table : VectorTable
        What is in it is done.
    told : callable
        What a new table shall say of itself, given the plan.
    shipped : str or Encoder, optional
        What the workers of a cluster load: the name of the encoder, else the encoder itself.
    rows : ndarray, optional
        (n,) int64; all by default.
    doing : str
        What the progress line calls it.
    """
    missing, already = _missing_rows(collection, table, rows)
    if len(missing) == 0:
        return Filled(0, already)
    stored = table.metadata if table.exists else {}
    precision = running.precision
    if precision == "auto":
        precision = stored.get("precision", "auto")
    wanted = {"batch_size": running.batch_size, "precision": precision}
    views = running.views
    with ExitStack() as held:
        if running.engine == "ray":
            from tuningfork.embeddings import ray_engine

            cluster = held.enter_context(ray_engine.on_ray(running.address, running.workers))
            plan = ray_engine.plan_for(cluster, encoder, len(missing) * views, **wanted)
            outcomes = ray_engine.embed_outcomes(
                cluster, collection, shipped or encoder, plan, views=views, fitting=fitting, rows=missing
            )
        else:
            plan = choose_plan(encoder, len(missing) * views, workers=running.workers, **wanted)
            outcomes = Embedder(collection, encoder, plan, views, fitting)(missing)
        job = _Job(collection, table, stored or told(plan), doing, running.quiet)
        done, left_out = job.keep(outcomes, len(missing))
    return Filled(done, already, plan, tuple(left_out))


@dataclass
class _Job:
    """Takes what an engine gives: vectors to the writer, refusals to the report."""

    collection: Any
    table: Any
    told: dict[str, str]
    doing: str
    quiet: bool

    def keep(self, outcomes: Iterator[Outcome], total: int) -> tuple[int, list[tuple[str, str]]]:
        done, left_out = 0, []
        with (
            FragmentWriter(self.table, self.told) as writer,
            progress(self.doing, total, quiet=self.quiet) as advance,
        ):
            for outcome in outcomes:
                if len(outcome.rows):
                    writer.add(self.collection.ids(outcome.rows), outcome.vectors)
                done += len(outcome.rows)
                left_out += [(str(self.collection.ids([row])[0]), why) for row, why in outcome.refused]
                advance(len(outcome.rows) + len(outcome.refused))
        self.table.compact()
        return done, left_out


def _missing_rows(collection: Any, table: Any, rows: np.ndarray | None) -> tuple[np.ndarray, int]:
    """Rows without a vector, and how many have one."""
    import pyarrow.compute as pc

    ids = collection.id_column()
    if not len(ids):
        raise EmbeddingError(
            "the collection holds no galaxies",
            where=str(collection.path),
            remedy="Add some: tuningfork collection add",
        )
    asked = np.arange(len(ids)) if rows is None else rows
    if not table.exists:
        return asked, 0
    has = pc.is_in(ids, value_set=table.id_column()).to_numpy(zero_copy_only=False)[asked]
    return asked[~has], int(has.sum())
