"""Galaxies out of arrays in one or many files, read in blocks that several threads share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from tuningfork.collection.columns import find_column
from tuningfork.collection.readers.arrays.array_rows import Rows
from tuningfork.collection.readers.arrays.arrays import Arrays, Layout, Pixels
from tuningfork.collection.readers.files import Inside
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.stamps import Stamp
from tuningfork.errors import CatalogueError, DataError, ImageError, UnknownNameError

__all__ = ["ArraySource", "BlockReader"]

_BLOCK_BYTES = 4 << 20  # read at once: threads read and pack in turn, and it stays in the processor's cache
_MOST_BYTES = 64 << 20  # of a block where galaxies are compressed together
_PART_BYTES = 32 << 20
_PART_ROWS = 2_048
_PLACES, _IN_A_ROW = 8, 3  # of the sample: stretches of a file, and galaxies in each
_COUNTED = 1_000  # files that are opened only to count

# What h5py, zarr and numpy raise when the bytes are not what they should be.
_BROKEN = (OSError, RuntimeError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError)


@dataclass(frozen=True)
class ArraySource(Source):
    """All galaxies of some files, file by file.

    Attributes
    ----------
    root : Path
        The folder that file names are relative to.
    files : list of str
    open_file : callable
        Path -> `Arrays`; raises `DataError`.
    layout : Layout
    id_column : str or None
        The column of ids that the user named.
    """

    root: Path
    files: list[str]
    open_file: Callable[[Path], Arrays]
    layout: Layout
    id_column: str | None = None

    @cached_property
    def count(self) -> int | None:
        """Galaxies in all files, unless there are thousands of files."""
        if len(self.files) > _COUNTED:
            return None
        opened = (self._opened(file) for file in self.files)
        return sum(table.images.shape[0] for table in opened if isinstance(table, Arrays))

    def parts(self) -> Iterator[Part]:
        """Stretches of some 32 MB of images, each with its columns; pixels are read when first asked for."""
        for file in self.files:
            yield from self._parts_of(file)

    def source_of(self, entry: Entry) -> str:
        """File and row."""
        return f"{entry.file}, row {self.row_number(entry)}"

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """Galaxies from several places of all files: such files are often sorted by brightness."""
        tables = [self._opened(file) for file in self._some_files()]
        good = [t for t in tables if isinstance(t, Arrays) and t.images.shape[0]]
        places = max(1, -(-_PLACES // max(1, len(good))))
        for table in good:
            rows = table.images.shape[0]
            for start in np.unique(np.linspace(0, max(0, rows - _IN_A_ROW), places).astype(int)).tolist():
                part = self._part(table, start, min(start + _IN_A_ROW, rows))
                yield from ((entry, part.read) for entry in part.entries)

    def _some_files(self) -> list[str]:
        places = np.unique(np.linspace(0, len(self.files) - 1, min(_PLACES, len(self.files))).astype(int))
        return [self.files[place] for place in places]

    def _opened(self, file: str) -> Arrays | Rejected:
        """The open file, or why it cannot be used; what is wrong with an only file is an error."""
        reason = Inside(self.root).reason_against(file) if len(self.files) > 1 else None
        if reason is not None:
            return Rejected(file, None, reason)
        try:
            return self.open_file(self.root / file)
        except (DataError, UnknownNameError) as error:
            if len(self.files) == 1:
                raise
            return Rejected(file, None, error.what)

    def _parts_of(self, file: str) -> Iterator[Part]:
        table = self._opened(file)
        if isinstance(table, Rejected):
            yield Part((), _nothing, None, (table,))
            return
        if table.left_out:
            reasons = [f"the column '{name}' is left out: {why}" for name, why in table.left_out.items()]
            yield Part((), _nothing, None, [Rejected(file, None, reason) for reason in reasons])
        blocks, rows = _block_rows(table), table.images.shape[0]
        step = max(1, min(_PART_ROWS, _PART_BYTES // _row_bytes(table)) // blocks) * blocks
        for start in range(0, rows, step):
            yield self._part(table, start, min(start + step, rows))

    def _part(self, table: Arrays, start: int, stop: int) -> Part:
        file = Path(table.where).relative_to(self.root).as_posix()
        try:
            values = {name: np.asarray(array[start:stop]) for name, array in table.columns.items()}
            rows = Rows(file, start, stop, values, self._id_name(table))
            entries, rejected = rows.entries(self.layout)
            extra = rows.columns(self.layout, [(entry.row or 0) - start for entry in entries])
        except (*_BROKEN, CatalogueError) as error:
            reason = f"its columns cannot be read ({_first_line(error)})"
            return Part((), _nothing, None, [Rejected(file, r + 1, reason) for r in range(start, stop)])
        pixels = Pixels.of(table.images, self.layout, where=table.where)
        block = min(_block_rows(table), stop - start)
        reader = BlockReader(table, pixels, block, rows.facts(self.layout), start)
        return Part(entries, reader.read, extra, rejected)

    def _id_name(self, table: Arrays) -> str | None:
        """The column with the ids, or None when rows are numbered."""
        able = [name for name, array in table.columns.items() if len(array.shape) == 1]
        if self.id_column is not None:
            if self.id_column not in able:
                raise UnknownNameError("column", self.id_column, able, where=table.where)
            return self.id_column
        if self.layout.id_column:
            return self.layout.id_column if self.layout.id_column in able else None
        return find_column("id", able)


class _Block:
    """Images that were read together, and how many of them nobody has asked for yet (None: not read)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.images: np.ndarray | None = None
        self.left: int | None = None


class BlockReader:
    """Reads the images of a part a block at a time, once each, and lets a block go when it was used up."""

    def __init__(self, table: Arrays, pixels: Pixels, block: int, facts: Callable[[int], dict], start: int):
        self._table, self._pixels, self._block, self._facts = table, pixels, block, facts
        self._start = start
        self._lock = threading.Lock()
        self._held: dict[int, _Block] = {}

    def read(self, entry: Entry) -> Stamp:
        """The stamp of an entry; `ImageError` when its bytes are broken or nothing in it is finite."""
        number = entry.row or 0
        place, row = divmod(number - self._start, self._block)
        name = f"{entry.file}, row {number + 1}"
        with self._lock:
            held = self._held.setdefault(place, _Block())
        with held.lock:  # each block its own: nobody waits for a block that another thread reads ahead
            if held.left is None:
                self._fill(held, self._start + place * self._block)
            images = held.images
            held.left = (held.left or 1) - 1
            if held.left == 0:
                held.images = None
        image = self._alone(number, name) if images is None else images[row]
        return self._pixels.stamp(image, name=name, **self._facts(number))

    def _fill(self, held: "_Block", start: int) -> None:
        """Read a block; when not all of it can be read, it stays empty and each galaxy is tried alone."""
        stop = min(start + self._block, self._table.images.shape[0])
        held.left = stop - start
        with suppress(*_BROKEN):
            held.images = np.asarray(self._table.images[start:stop])

    def _alone(self, row: int, name: str) -> np.ndarray:
        try:
            return np.asarray(self._table.images[row])
        except _BROKEN as error:
            raise ImageError(f"cannot be read ({_first_line(error)})", where=name) from error


def _row_bytes(table: Arrays) -> int:
    return int(np.prod(table.images.shape[1:])) * np.dtype(table.images.dtype).itemsize


def _block_rows(table: Arrays) -> int:
    """Galaxies read at once: some megabytes, and whole chunks as long as they are of bearable size."""
    row, chunk = _row_bytes(table), table.chunk_rows
    wanted = max(1, _BLOCK_BYTES // row)
    return max(1, min(-(-wanted // chunk) * chunk, max(wanted, _MOST_BYTES // row)))


def _nothing(entry: Entry) -> Stamp:
    raise ImageError("there is no such galaxy", where=entry.file)


def _first_line(error: BaseException) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:160]
