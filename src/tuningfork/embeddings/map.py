"""Make a map of a collection: every galaxy a point in the plane, those that look alike near each other."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.embeddings.keys import resolve_key
from tuningfork.embeddings.layouts import Layout, new_layout
from tuningfork.errors import UsageError
from tuningfork.files import disk_errors, only_writer, write_atomically
from tuningfork.progress import progress

__all__ = ["MapReport", "map_collection"]

SAMPLE = 50_000
CHUNK = 20_000  # galaxies placed at once: this bounds memory, and what a kill costs
SAME = 1e-3  # of the map's width: a fit repeated on this machine comes out nearer than this


@dataclass(frozen=True)
class MapReport:
    """What `map_collection` did.

    Parameters
    ----------
    key : str
        Whose vectors.
    method : str
        "umap" or "pca".
    galaxies : int
        How many are on the map.
    sample : int
        How many it was fitted on.
    file : str
        Where it is stored.
    seconds : float
        Time spent.
    complete : bool
        False when it was stopped; what was placed is kept, and the next call goes on.
    """

    key: str
    method: str
    galaxies: int
    sample: int
    file: str
    seconds: float
    complete: bool = True


def map_collection(
    collection: Any,
    encoder: Any = None,
    *,
    method: str = "umap",
    sample: int = SAMPLE,
    seed: int = 0,
    quiet: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> MapReport:
    """Lay out all galaxies with a vector: fitted on a sample of them, the rest placed into it chunk by chunk.

    The map is stored in the collection's folder, at once or not at all. A job that was killed fits again,
    which takes minutes, and goes on with the chunks that are missing.

    Parameters
    ----------
    collection : Collection
        With embeddings.
    encoder : str or Encoder, optional
        Which vectors; the usual ones when not given.
    method : {"umap", "pca"}
        UMAP needs the extra ``map``.
    sample : int
        Galaxies to fit on, drawn at random.
    seed : int
        Of the draw and of UMAP.
    quiet : bool
        No progress line.
    on_progress : callable, optional
        Told after each step how many galaxies are placed and of how many; for a page.
    stopped : callable, optional
        Asked before each step; True ends the job. A fit under way is waited for.

    Raises
    ------
    BusyError
        When another process makes a map of this collection.
    UsageError
        For impossible settings.
    TuningforkError
        When UMAP is not installed.
    """
    began = time.monotonic()
    if sample < 2:
        raise UsageError(f"a map is fitted on at least 2 galaxies, not {sample}")
    layout = new_layout(method, seed)
    job = _Job.of(collection, resolve_key(collection, encoder), method, sample, seed)
    report, stopped = on_progress or (lambda done, total: None), stopped or (lambda: False)
    with only_writer(job.folder, f"making the map {job.file.stem}"):
        complete = not stopped() and job.run(layout, quiet, report, stopped)
    used = min(sample, job.vectors.count)
    return MapReport(
        job.vectors.key,
        method,
        job.vectors.count,
        used,
        str(job.file),
        time.monotonic() - began,
        complete,
    )


@dataclass(frozen=True)
class _Settings:
    key: str
    method: str
    sample: int
    seed: int
    vectors: int


class _Job:
    """One map in the making; finished chunks wait in a folder beside it."""

    def __init__(self, vectors: Any, ids: Any, folder: Path, settings: _Settings):
        self.vectors, self._ids, self.folder, self._settings = vectors, ids, folder, settings
        name = f"{settings.key}-{settings.method}"
        self.file, self._parts = folder / f"{name}.parquet", folder / f".{name}.parts"

    @classmethod
    def of(cls, collection: Any, key: str, method: str, sample: int, seed: int) -> "_Job":
        from tuningfork.collection import StoredVectors

        if not isinstance(collection.path, Path):
            raise UsageError(
                "a map is made beside a collection on this machine",
                where=str(collection.path),
                remedy="Copy the folder here first",
            )
        table = collection.vector_table(key)
        vectors = StoredVectors(table)
        settings = _Settings(key, method, min(sample, vectors.count), seed, vectors.count)
        return cls(vectors, table.id_column, collection.path / "maps", settings)

    def run(
        self,
        layout: Layout,
        quiet: bool,
        report: Callable[[int, int], None],
        stopped: Callable[[], bool],
    ) -> bool:
        """Fit, place what is missing, put together; True at the end, False when stopped before."""
        total = self._settings.vectors
        rng = np.random.default_rng(self._settings.seed)
        chosen = np.sort(rng.choice(total, self._settings.sample, replace=False))
        with progress(f"fitting {self._settings.method}", len(chosen), quiet=quiet) as advance:
            fitted = layout.fit(_units(self.vectors.take(chosen)))
            advance(len(chosen))
        with disk_errors(self._parts):
            self._begin_or_go_on(fitted)
        done = 0
        with progress("placing", total, quiet=quiet) as advance:
            for number, (start, block) in enumerate(self._chunks()):
                if stopped():
                    return False
                part = self._parts / f"{number:06d}.npy"
                if not part.exists():
                    places = _places(layout, block, start, chosen, fitted)
                    write_atomically(part, places.astype("<f4").tobytes())
                done += len(block)
                advance(len(block))
                report(done, total)
        self._put_together()
        return True

    def _chunks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Blocks of `CHUNK` vectors however the table is stored, so that a chunk is the same after a kill."""
        start, waiting = 0, np.empty((0, self.vectors.width), np.float32)
        for _, block in self.vectors.blocks():
            waiting = np.concatenate([waiting, block])
            while len(waiting) >= CHUNK:
                yield start, waiting[:CHUNK]
                start, waiting = start + CHUNK, waiting[CHUNK:]
        if len(waiting):
            yield start, waiting

    def _begin_or_go_on(self, fitted: np.ndarray) -> None:
        """Keep the chunks of an earlier start when it had the same settings and the fit came out the same."""
        told, sample = self._parts / "settings.json", self._parts / "sample.npy"
        settings = json.dumps(asdict(self._settings))
        if told.is_file() and told.read_text() == settings and sample.is_file():
            before = np.frombuffer(sample.read_bytes(), "<f4")
            if before.size == fitted.size and _alike(before.reshape(fitted.shape), fitted):
                return
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir(parents=True)
        write_atomically(sample, fitted.astype("<f4").tobytes())
        write_atomically(told, settings)  # last: what has settings is whole

    def _put_together(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        ids = self._ids()
        schema = pa.schema(
            {"id": pa.string(), "x": pa.float32(), "y": pa.float32()},
            metadata={"tuningfork": json.dumps(asdict(self._settings))},
        )
        part, start = self.file.with_name(f".{self.file.name}.part"), 0
        with disk_errors(self.file):
            with pq.ParquetWriter(part, schema, compression="zstd") as writer:
                for chunk in sorted(self._parts.glob("[0-9]*.npy")):
                    x, y = np.frombuffer(chunk.read_bytes(), "<f4").reshape(-1, 2).T
                    named = ids.slice(start, len(x)).cast(pa.string())
                    writer.write_table(pa.table([named, x.copy(), y.copy()], schema=schema))
                    start += len(x)
            part.replace(self.file)
            shutil.rmtree(self._parts, ignore_errors=True)


def _places(
    layout: Layout, block: np.ndarray, start: int, chosen: np.ndarray, fitted: np.ndarray
) -> np.ndarray:
    """Places of a chunk: those of the sample as fitted, the others placed into it."""
    first, last = np.searchsorted(chosen, [start, start + len(block)])
    places = np.empty((len(block), 2), np.float32)
    others = np.ones(len(block), bool)
    others[chosen[first:last] - start] = False
    places[~others] = fitted[first:last]
    if others.any():
        places[others] = layout.place(_units(block[others]))
    return places


def _units(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def _alike(before: np.ndarray, now: np.ndarray) -> bool:
    return bool(np.abs(before - now).max() <= SAME * max(float(np.ptp(now, axis=0).max()), 1e-9))
