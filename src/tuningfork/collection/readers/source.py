"""What every reader gives the import: the galaxies of a source, in a fixed order, part by part."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from tuningfork.collection.stamps import Stamp

__all__ = ["Entry", "Part", "Rejected", "Source"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could not be imported: file (or empty), row (1 = first under the header, or None), reason.

    ``kept`` when only a part of it was refused, such as an impossible position.
    """

    file: str
    row: int | None
    reason: str
    kept: bool = False

    @property
    def place(self) -> str:
        """File and row in words."""
        row = "" if self.row is None else f"row {self.row}"
        return ", ".join(filter(None, (self.file, row)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One galaxy to import: id, file relative to the source, row in it or in the catalogue (from 0), position
    in degrees, arcsec per pixel."""

    id: str
    file: str
    row: int | None = None
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = None


@dataclass(frozen=True)
class Part:
    """Some galaxies of a source that lie together.

    Attributes
    ----------
    entries : sequence of Entry
    read : callable
        Gives the stamp of one of these entries, or raises `ImageError`; called from several threads, at most
        once for each entry, and not at all for those that are in the collection already. What it keeps in
        memory goes with the part.
    extra : pyarrow.Table or None
        The user's columns under the names they will have, one row for each entry.
    rejected : sequence of Rejected
        What could not even become an entry.
    """

    entries: Sequence[Entry]
    read: Callable[[Entry], Stamp]
    extra: pa.Table | None = None
    rejected: Sequence[Rejected] = ()


class Source(ABC):
    """Galaxies that can be imported.

    Attributes
    ----------
    count : int or None
        How many entries there are, when that is known without reading them.
    unlisted : int
        Images beside the catalogue that it does not name; they are not imported.
    passed_over : int
        Images whose names are not of the patterns that were asked for; they are not imported.
    """

    count: int | None = None
    unlisted: int = 0
    passed_over: int = 0

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """All galaxies, always in the same order, from the first one at every call.

        Parts are made when they are asked for and let go after use, so that memory does not grow with the
        source; a part holds at most some 64 MB once it is read.
        """

    @abstractmethod
    def source_of(self, entry: Entry) -> str:
        """Where a galaxy comes from, in words that name it alone: its file, and its row if it has one."""

    def row_number(self, entry: Entry) -> int | None:
        """The row as people count, from 1; None where there are no rows."""
        return None if entry.row is None else entry.row + 1

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """Up to ``count`` entries that stand for the whole, each with its reader: by default the first."""
        pairs = ((entry, part.read) for part in self.parts() for entry in part.entries)
        return islice(pairs, count)
