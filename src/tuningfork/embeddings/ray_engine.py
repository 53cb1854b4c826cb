"""Rows of a collection over the processes of a Ray cluster, or of a Ray that runs on this machine alone.

Only row numbers travel to the workers and only results travel back; each worker opens the collection
itself, reads the stamps of its rows from the Lance fragment they lie in, and loads what it needs once. Ray
hands out the blocks and starts a worker again that died. The caller alone writes.
"""

import logging
import os
import secrets
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.embeddings.compute import Embedder, Outcome
from tuningfork.embeddings.keys import as_encoder
from tuningfork.embeddings.plan import Plan, choose_plan
from tuningfork.encoders.fit import Fit
from tuningfork.errors import TuningforkError, UsageError
from tuningfork.extras import install_command
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["Cluster", "embed_outcomes", "on_ray", "plan_for"]

Work = Callable[[np.ndarray], pa.Table]

_LOCAL_STORE = 256 << 20  # bytes of memory for what travels; vectors are small
_DEATHS = 3  # of one worker, such as for lack of memory, before the job gives up
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",  # as fast as the local engine on a busy machine
}
_BATCHES = {"cpu": 2, "cuda": 8}  # of a worker at once: few, so that none is left with much at the end


@dataclass(frozen=True)
class Cluster:
    """Workers to be had, each with one core or one graphics card.

    Parameters
    ----------
    workers : int
        How many at once.
    device : str
        "cpu" or "cuda".
    """

    workers: int
    device: str

    def over_rows(self, make: Callable[[], Work], blocks: Sequence[np.ndarray]) -> Iterator[pa.Table]:
        """Run a function over blocks of rows.

        Parameters
        ----------
        make : callable
            Called once in each worker; what it returns is called with one block, int64 ``[n]``, and gives a
            table of results. It is pickled.
        blocks : sequence of ndarray

        Yields
        ------
        pyarrow.Table
            In the order in which blocks are finished.
        """
        import ray
        from ray.util import ActorPool

        class Worker:
            def __init__(self, make: Callable[[], Work]):
                self._work = make()

            def run(self, rows: np.ndarray) -> pa.Table:
                return self._work(rows)

        share = {"num_gpus": 1} if self.device == "cuda" else {"num_cpus": 1}
        kind = ray.remote(max_restarts=_DEATHS, max_task_retries=_DEATHS, **share)(Worker)
        workers = [kind.remote(make) for _ in range(min(self.workers, len(blocks)))]
        try:
            # each twice: the next block waits at a worker before its last result has come back
            yield from ActorPool(workers * 2).map_unordered(
                lambda worker, block: worker.run.remote(block), blocks
            )
        except ray.exceptions.RayError as error:
            raise _cause(error) from error
        finally:
            for worker in workers:
                ray.kill(worker)


@contextmanager
def on_ray(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """Join the cluster at ``address``, or start Ray on this machine for as long as the context lasts.

    Raises
    ------
    UsageError
        When Ray is not installed.
    TuningforkError
        When there is no cluster at the address.
    """
    settings = dict(_SETTINGS)
    if address is None and "ray" not in sys.modules:  # it looks at these while it is imported
        settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed", remedy=f"Run: {install_command('ray')}") from error
    began, scratch = not ray.is_initialized(), None
    if began:
        scratch = _join(address, workers)
    try:
        there = ray.cluster_resources()
        cards = int(there.get("GPU", 0))
        count = cards or int(there.get("CPU", 1))
        yield Cluster(min(count, workers or count), "cuda" if cards else "cpu")
    finally:
        if began:
            ray.shutdown()
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


def plan_for(cluster: Cluster, encoder: Any, rows: int, **settings: Any) -> Plan:
    """How one worker of the cluster runs an encoder: measured there when it has cards that are not here."""
    if cluster.device == "cuda":
        import ray

        there = ray.remote(num_gpus=1)(_planned)
        return ray.get(there.remote(_packed(encoder), rows, settings))
    return replace(choose_plan(encoder, rows, workers=cluster.workers, **settings), workers=1)


def embed_outcomes(
    cluster: Cluster,
    collection: Any,
    encoder: Any,
    plan: Plan,
    *,
    views: int,
    fitting: Fit,
    rows: np.ndarray,
) -> Iterator[Outcome]:
    """What `Embedder` gives, from the workers of a cluster.

    Parameters
    ----------
    encoder : Encoder or str
        A name is loaded by every worker and must mean the same encoder there; anything else is sent to them.
    """
    source = (str(collection.path), getattr(collection.path, "options", None))
    make = _MakeEmbedder(source, _packed(encoder), plan, views, fitting)
    size = _BATCHES[plan.device] * plan.batch_size
    for table in cluster.over_rows(make, _blocks(rows, collection.fragment_ends(), size)):
        refused = table.filter(table["reason"].is_valid())
        kept = table.filter(table["reason"].is_null())
        vectors = kept["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        yield Outcome(
            kept["row"].to_numpy(),
            vectors.reshape(kept.num_rows, table.schema.field("embedding").type.list_size),
            tuple(zip(refused["row"].to_pylist(), refused["reason"].to_pylist(), strict=True)),
        )


@dataclass(frozen=True)
class _MakeEmbedder:
    """Opens the collection and loads the encoder in a worker."""

    source: tuple[str, dict[str, str] | None]
    encoder: str | bytes
    plan: Plan
    views: int
    fitting: Fit

    def __call__(self) -> Work:
        import torch

        from tuningfork.collection import Collection

        torch.set_num_threads(1)
        path, options = self.source
        encoder = _unpacked(self.encoder)
        encoder.to(self.plan.device)
        embedder = Embedder(
            Collection.open(path, storage_options=options), encoder, self.plan, self.views, self.fitting
        )
        return lambda rows: _table(embedder(rows), encoder.spec.dim)


def _packed(encoder: Any) -> str | bytes:
    """A name, or an encoder as bytes: a worker unpacks it only after it has made torchvision fit to import,
    which networks of timm do."""
    import ray

    return encoder if isinstance(encoder, str) else ray.cloudpickle.dumps(encoder)


def _unpacked(encoder: str | bytes) -> Any:
    import ray

    ensure_vision_ops()
    return as_encoder(encoder if isinstance(encoder, str) else ray.cloudpickle.loads(encoder))


def _planned(encoder: str | bytes, rows: int, settings: dict[str, Any]) -> Plan:
    return choose_plan(_unpacked(encoder), rows, **settings)


def _table(outcomes: Iterator[Outcome], dim: int) -> pa.Table:
    """Outcomes as one table: ``row``, ``embedding`` (null where refused), ``reason`` (null where not)."""
    every = list(outcomes)
    vectors = np.concatenate([o.vectors for o in every])
    refused = [pair for o in every for pair in o.refused]
    kept = np.concatenate([o.rows for o in every])
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dim)
    none = pa.nulls(len(refused), column.type)
    return pa.table(
        {
            "row": np.concatenate([kept, np.array([row for row, _ in refused], np.int64)]),
            "embedding": pa.concat_arrays([column, none]),
            "reason": pa.array([None] * len(kept) + [reason for _, reason in refused], pa.string()),
        }
    )


def _blocks(rows: np.ndarray, ends: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows in blocks of at most ``size``, none of which lies in two fragments."""
    fragments = np.split(rows, np.searchsorted(rows, ends[:-1]))
    return [part[k : k + size] for part in fragments for k in range(0, len(part), size)]


def _join(address: str | None, workers: int | None) -> str | None:
    """Start or join Ray; returns the folder that a Ray of our own works in."""
    import ray

    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
    if address:
        try:
            ray.init(address=address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = str(error).split("\n")[0][:200]
            raise TuningforkError(f"no Ray cluster answers ({said})", where=address) from error
        return None
    scratch = tempfile.mkdtemp(prefix="ray-")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="lance is not fork-safe")
            ray.init(
                num_cpus=workers or os.cpu_count() or 2,
                include_dashboard=False,
                object_store_memory=_LOCAL_STORE,
                _temp_dir=scratch,
                **quiet,
            )
    except RuntimeError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise TuningforkError(f"Ray does not start ({str(error).splitlines()[0]})") from error
    return scratch


def _cause(error: Exception) -> TuningforkError:
    """Our own error as it was raised in a worker, or Ray's in one line."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, TuningforkError):
        return cause
    said = [line for line in str(cause or error).strip().split("\n") if line.strip()]
    return TuningforkError(f"a worker failed: {said[-1][:200] if said else type(error).__name__}")
