"""A listing: every galaxy of a source with its file, position and catalogue row, and what was refused.

Here also the simplest source: images without a catalogue.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from tuningfork.collection.columns import position_in_name
from tuningfork.collection.readers.files import Files
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.stamps import Stamp

__all__ = ["Listing", "list_bare", "unlike_ids"]


_PART = 1_000


def _no_reader(entry: Entry) -> Stamp:
    raise NotImplementedError("this listing was given no reader")


@dataclass(frozen=True)
class Listing(Source):
    """A source whose galaxies are all named in memory: what a folder or a catalogue lists.

    Attributes
    ----------
    entries : list of Entry
    extra : pyarrow.Table or None
        The catalogue's columns under the names they will have; ``Entry.row`` numbers its rows.
    rejected : list of Rejected
    unlisted : int
        Images that the catalogue does not name; they are not imported.
    passed_over : int
        Images of other names than were asked for; they are not imported.
    catalogue : str
        File name of the catalogue, or empty.
    by_row : bool
        All galaxies come from one file and differ by their row.
    """

    entries: list[Entry]
    extra: pa.Table | None = None
    rejected: list[Rejected] = field(default_factory=list)
    unlisted: int = 0
    passed_over: int = 0
    catalogue: str = ""
    by_row: bool = False
    read: Callable[[Entry], Stamp] = field(default=_no_reader, repr=False)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def parts(self) -> Iterator[Part]:
        """The entries in their order; what was refused comes with the first part."""
        for start in range(0, max(1, len(self.entries)), _PART):
            entries = self.entries[start : start + _PART]
            rows = pa.array([entry.row for entry in entries], pa.int64())  # also when there is none
            extra = None if self.extra is None else self.extra.take(rows)
            yield Part(entries, self.read, extra, () if start else self.rejected)

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """Entries from all over the listing."""
        last = len(self.entries) - 1
        for place in np.unique(np.linspace(0, last, min(count, last + 1)).astype(int)):
            yield self.entries[place], self.read

    def source_of(self, entry: Entry) -> str:
        """Where a galaxy comes from, in words: its file, and its row where there are rows."""
        if entry.row is None or not (self.catalogue or self.by_row):
            return f"{entry.file}"
        kind = f"{self.catalogue} row" if self.catalogue else "source"
        return f"{entry.file}, {kind} {entry.row + 1}"

    def row_number(self, entry: Entry) -> int | None:
        """The catalogue's row as people count, from 1 under the header; None without a catalogue."""
        return entry.row + 1 if self.catalogue and entry.row is not None else None

    def reading_with(self, read: Callable[[Entry], Stamp]) -> "Listing":
        """The same listing, with the function that gives an entry's stamp or raises `ImageError`."""
        return replace(self, read=read)


def list_bare(files: Files) -> Listing:
    """List images that have no catalogue.

    Ids are file stems; where a stem comes twice, as in class folders, all ids are relative paths without
    suffix. Positions are read out of names such as ``ra1.67_dec-8.74.jpg``. With several folders, the column
    ``folder`` holds the folder of each galaxy, which is its class where folders are classes.
    """
    rejected, usable = [], []
    for file in files.images():
        reason = files.reason_against(file)
        if reason:
            rejected.append(Rejected(file, None, reason))
        else:
            usable.append(file)
    folders = [file.rpartition("/")[0] for file in usable]
    extra = pa.table({"folder": pa.array(folders, pa.string())}) if len(set(folders)) > 1 else None
    entries = [
        Entry(
            galaxy,
            file,
            row if extra is not None else None,
            *(position_in_name(files.stem_of(file)) or (None, None)),
        )
        for row, (galaxy, file) in enumerate(zip(unlike_ids(usable, files.stem_of), usable, strict=True))
    ]
    return Listing(entries, extra, rejected)


def unlike_ids(files: Sequence[str], stem_of: Callable[[str], str]) -> list[str]:
    """An id for each file: its stem; with its folder where stems are alike; the name where those are too."""
    ids = [stem_of(file) for file in files]
    if len(set(ids)) < len(ids):
        ids = [f"{file.rpartition('/')[0]}/{stem_of(file)}".lstrip("/") for file in files]
    return _told_apart(ids, files)


def _told_apart(ids: list[str], files: Sequence[str]) -> list[str]:
    """``a.jpg`` and ``a.png`` in one folder keep their suffix in the id."""
    counts = Counter(ids)
    return [file if counts[galaxy] > 1 else galaxy for galaxy, file in zip(ids, files, strict=True)]
