"""A listing: every galaxy of a source with its file, position and catalogue row, and what was refused.

Here also the simplest source: a folder of images without a catalogue.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from tuningfork.collection.columns import position_in_name
from tuningfork.collection.readers.files import Inside, stem_of, walk_images
from tuningfork.collection.stamps import Stamp

__all__ = ["Entry", "Listing", "Rejected", "list_bare_folder"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could not be imported: file (or empty), row (1 = first under the header, or None), reason."""

    file: str
    row: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One galaxy to import: id, file relative to the folder, row in the catalogue (from 0), position."""

    id: str
    file: str
    row: int | None = None
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = None


def _no_reader(entry: Entry) -> Stamp:
    raise NotImplementedError("this listing was given no reader")


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes
    ----------
    entries : list of Entry
    extra : pyarrow.Table or None
        The catalogue's columns under the names they will have; ``Entry.row`` numbers its rows.
    rejected : list of Rejected
    unlisted : int
        Images that the catalogue does not name; they are not imported.
    catalogue : str
        File name of the catalogue, or empty.
    by_row : bool
        All galaxies come from one file and differ by their row.
    root : str
        What stands before every file in `source_of`; empty for the folder a collection was made from.
    """

    entries: list[Entry]
    extra: pa.Table | None = None
    rejected: list[Rejected] = field(default_factory=list)
    unlisted: int = 0
    catalogue: str = ""
    by_row: bool = False
    root: str = ""
    read: Callable[[Entry], Stamp] = field(default=_no_reader, repr=False)

    def source_of(self, entry: Entry) -> str:
        """Where a galaxy comes from, in words: its file, and its row where there are rows."""
        if entry.row is None or not (self.catalogue or self.by_row):
            return f"{self.root}{entry.file}"
        kind = f"{self.catalogue} row" if self.catalogue else "source"
        return f"{self.root}{entry.file}, {kind} {entry.row + 1}"

    def row_number(self, entry: Entry) -> int | None:
        """The catalogue's row as people count, from 1 under the header; None without a catalogue."""
        return entry.row + 1 if self.catalogue and entry.row is not None else None

    def reading_with(self, read: Callable[[Entry], Stamp]) -> "Listing":
        """The same listing, with the function that gives an entry's stamp or raises `ImageError`."""
        return replace(self, read=read)


def list_bare_folder(root: Path) -> Listing:
    """List the images of a folder that has no catalogue.

    Ids are file stems; where a stem comes twice, as in class folders, all ids are relative paths without
    suffix. Positions are read out of names such as ``ra1.67_dec-8.74.jpg``. With several folders, the column
    ``folder`` holds the folder of each galaxy, which is its class where folders are classes.
    """
    inside, rejected, files = Inside(root), [], []
    for file in walk_images(root):
        reason = inside.reason_against(file)
        if reason:
            rejected.append(Rejected(file, None, reason))
        else:
            files.append(file)
    ids = [stem_of(file) for file in files]
    if len(set(ids)) < len(ids):
        ids = [f"{file.rpartition('/')[0]}/{stem_of(file)}".lstrip("/") for file in files]
    ids = _told_apart(ids, files)
    folders = [file.rpartition("/")[0] for file in files]
    extra = pa.table({"folder": pa.array(folders, pa.string())}) if len(set(folders)) > 1 else None
    entries = [
        Entry(
            galaxy,
            file,
            row if extra is not None else None,
            *(position_in_name(stem_of(file)) or (None, None)),
        )
        for row, (galaxy, file) in enumerate(zip(ids, files, strict=True))
    ]
    return Listing(entries, extra, rejected)


def _told_apart(ids: list[str], files: list[str]) -> list[str]:
    """``a.jpg`` and ``a.png`` in one folder keep their suffix in the id."""
    counts = Counter(ids)
    return [file if counts[galaxy] > 1 else galaxy for galaxy, file in zip(ids, files, strict=True)]
