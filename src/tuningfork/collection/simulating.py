"""Collections of simulated galaxies, with their truth as the catalogue."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection.create import CreateReport, check_out
from tuningfork.collection.engine import one_writer
from tuningfork.collection.importing import import_from
from tuningfork.collection.place import as_place
from tuningfork.collection.readers.source import Entry, Part, Source
from tuningfork.collection.stamps import Stamp, array_stamp
from tuningfork.collection.store import Collection
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import TuningforkError, UsageError
from tuningfork.images.stretch import stretch_from_table
from tuningfork.simulation import Settings, draw_truth, paint
from tuningfork.simulation.paint import check_installed
from tuningfork.simulation.surveys import ZERO_POINT

__all__ = ["simulate_collection"]

_PART = 256
_MOST = 10_000_000


def simulate_collection(
    count: int,
    out: str | Path,
    settings: Settings | None = None,
    *,
    name: str | None = None,
    workers: int = 1,
    quiet: bool = False,
) -> CreateReport:
    """Make a collection of simulated galaxies; called again, it goes on, and grows where ``count`` is larger.

    A galaxy depends on the settings and its number alone, not on how many there are or who draws them.

    Parameters
    ----------
    count : int
        How many galaxies.
    out : path
        The collection's folder, or ``s3://BUCKET/NAME``.
    settings : Settings, optional
        Seed, survey, size, pixel scale, bands.
    name : str, optional
        Else the name of the ``out`` folder.
    workers : int
        Processes. With more than one, a script that calls this has to guard its own start
        (``if __name__ == "__main__"``), as everywhere with Python's processes.
    quiet : bool
        No progress on standard error.

    Returns
    -------
    CreateReport
        The catalogue's columns are those of `Truth.row`.

    Raises
    ------
    UsageError
        Settings that cannot be, or GalSim is not installed.
    CollectionError
        ``out`` is another collection.
    """
    settings = settings or Settings()
    if not 0 < count <= _MOST:
        raise UsageError(f"1 to {_MOST:,} galaxies can be simulated, not {count:,}")
    if workers < 1:
        raise UsageError(f"at least one process has to work, not {workers}")
    check_installed()
    place, origin = as_place(out), _origin(settings)
    own = settings.bands == settings.of_survey.bands
    wishes = Wishes(
        name=name or place.resolve().name,
        bands=settings.bands,
        pixel_scale=settings.pixel_scale,
        stretch=stretch_from_table(settings.of_survey.stretch) if own else None,
        workers=workers,
        quiet=quiet,
    )
    check_out(origin, place)
    with one_writer(place, "simulating galaxies"), _processes(workers) as pool:
        result = import_from(_Simulated(count, settings, pool), origin, place, wishes)
    return CreateReport(Collection.open(place), result.added, result.already, result.rejected)


def _origin(settings: Settings) -> str:
    """The words of the command line that make the same galaxies."""
    alone = "" if settings.neighbours else " --alone"
    return (
        f"simulate N --seed {settings.seed} --survey {settings.survey} --size {settings.size} "
        f"--pixel-scale {settings.pixel_scale:g} --bands {','.join(settings.bands)}{alone}"
    )


def _processes(workers: int):
    if workers == 1:
        return nullcontext()
    # spawned, not forked: the threads of an import may hold locks while a process is forked
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


class _Simulated(Source):
    """Galaxies by number."""

    def __init__(self, count: int, settings: Settings, pool: Executor | None):
        self.count, self.settings, self.pool = count, settings, pool

    def parts(self) -> Iterator[Part]:
        for start in range(0, self.count or 0, _PART):
            numbers = range(start, min(start + _PART, self.count or 0))
            entries = [Entry(self._id(number), "simulated", number) for number in numbers]
            yield Part(entries, self._read, self._truths(numbers))

    def source_of(self, entry: Entry) -> str:
        return f"simulated {entry.id}"

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """The first ones; without their truths, which take a while."""
        for number in range(min(count, self.count or 0)):
            yield Entry(self._id(number), "simulated", number), self._read

    def _id(self, number: int) -> str:
        return f"sim-{self.settings.seed}-{number:07d}"

    def _truths(self, numbers: range) -> pa.Table:
        rows = [draw_truth(self.settings, number).row(self.settings.bands) for number in numbers]
        return pa.table({name: pa.array([row[name] for row in rows], _kind(name)) for name in rows[0]})

    def _read(self, entry: Entry) -> Stamp:
        number = entry.row or 0
        if self.pool is None:
            flux = _painted(self.settings, number)
        else:
            try:
                flux = self.pool.submit(_painted, self.settings, number).result()
            except BrokenProcessPool as error:
                raise TuningforkError(
                    "a process that draws galaxies ended before its time",
                    remedy="Memory may be short: give fewer --workers. What was drawn is kept",
                ) from error
        return array_stamp(
            flux,
            name=entry.id,
            bands=self.settings.bands,
            pixel_scale=self.settings.pixel_scale,
            unit="nanomaggy",
            zero_point=ZERO_POINT,
        )


def _painted(settings: Settings, number: int) -> np.ndarray:
    return paint(draw_truth(settings, number), settings)


def _kind(name: str) -> pa.DataType:
    kinds = {"type": pa.string(), "clockwise": pa.bool_()}
    kinds |= dict.fromkeys(("arms", "tails", "neighbours"), pa.int32())
    return kinds.get(name, pa.float32())
