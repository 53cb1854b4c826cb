"""Images in a tar (packed or not) or a ZIP, or a folder of these; read as they lie there, never unpacked."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuningfork.collection.readers.aligned import roles_of
from tuningfork.collection.readers.archives.shards import Shard, Shards, find_shards
from tuningfork.collection.readers.archives.side_files import (
    MAX_SIDE_FILE,
    SIDE_SUFFIXES,
    read_side_file,
    side_table,
)
from tuningfork.collection.readers.archives.streamed import StreamedListing
from tuningfork.collection.readers.catalogue import choose_catalogue, is_fits_table, list_with_catalogue
from tuningfork.collection.readers.files import is_image_name, walk_images
from tuningfork.collection.readers.listing import Listing, list_bare
from tuningfork.collection.readers.source import Entry, Rejected
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, CollectionError, ImageError

__all__ = ["open_source", "recognises"]


def recognises(path: Path, wishes: Wishes) -> bool:
    """An archive, or a folder that holds archives and no image."""
    if path.is_file():
        return bool(find_shards(path))
    return path.is_dir() and bool(find_shards(path)) and next(walk_images(path), None) is None


def open_source(path: Path, out: Path, wishes: Wishes) -> Listing:
    """List the members; of a packed tar this reads all of it once.

    Raises
    ------
    CollectionError
        There is no archive here.
    CatalogueError, UnknownNameError
        The catalogue, in the archive or given, cannot be used.
    """
    root = path.parent if path.is_file() else path
    found = find_shards(path)
    if not found:
        raise CollectionError("there is no archive here", where=str(path), remedy="Give a .tar or .zip")
    files = Shards([Shard(p, p.relative_to(root).as_posix()) for p in found], wishes.only)
    listing = _listed(files, wishes, where=str(path))
    places = {files.full_name(entry.file): files.at(entry.file) for entry in listing.entries}
    return StreamedListing(
        entries=[replace(entry, file=files.full_name(entry.file)) for entry in listing.entries],
        extra=listing.extra,
        rejected=files.refused + listing.rejected,
        unlisted=listing.unlisted,
        passed_over=sum(not files.takes(name) for name in files.all_images()),
        catalogue=listing.catalogue,
        places=places,
    )


def _listed(files: Shards, wishes: Wishes, *, where: str) -> Listing:
    columns = {"id_column": wishes.id_column, "file_column": wishes.file_column}
    if wishes.catalogue is not None:
        return list_with_catalogue(files, wishes.catalogue, **columns)
    beside = {_key(name) for name in files.all_images()}  # a table called as an image tells of that one alone
    tables = [name for name in files.tables() if name.rpartition(".")[0] not in beside or is_image_name(name)]
    with tempfile.TemporaryDirectory() as scratch:
        copy = _Copies(files, Path(scratch))
        inside = choose_catalogue(tables, lambda name: is_fits_table(copy.of(name)), where=where)
        if inside is None:
            return _with_sides(files, list_bare(files), wishes, where)
        try:
            return list_with_catalogue(files, copy.of(inside), **columns)
        except CatalogueError as error:  # of the copy, whose place says nothing
            place = f"{where}: {inside}"
            raise CatalogueError(error.what, where=place, remedy=error.remedy) from error


class _Copies:
    """Tables of an archive as files, which is what the readers of tables want."""

    def __init__(self, files: Shards, folder: Path):
        self._files, self._folder = files, folder

    def of(self, name: str) -> Path:
        """A copy of a table; an empty file when it cannot be read."""
        path = self._folder / name.rpartition("/")[2]
        try:
            path.write_bytes(self._files.bytes_of(name))
        except ImageError:
            path.write_bytes(b"")
        return path


def _key(name: str) -> str:
    """An image's name without suffixes: side files begin so."""
    for suffix in (".fz", ".gz", ".bz2"):
        name = name.removesuffix(suffix)
    return name.rpartition(".")[0]


def _with_sides(files: Shards, listing: Listing, wishes: Wishes, where: str) -> Listing:
    """The listing with the columns that the side files of its galaxies give."""
    told = _Sides(files)
    table = side_table(told.of(entry) for entry in listing.entries)
    listing.rejected.extend(told.refused)
    if table is None:
        return listing
    roles = roles_of(table.schema, id_column=wishes.id_column, where=where)
    ids = None if roles.id is None else table[roles.id].to_pylist()
    measures = roles.measures(table, len(listing.entries))
    entries = [
        replace(entry, id=entry.id if ids is None or ids[row] is None else str(ids[row]), row=row)
        for row, entry in enumerate(listing.entries)
    ]
    entries = [_at(entry, *(values[entry.row] for values in measures)) for entry in entries]
    kept = roles.kept(table)
    if kept is None:
        kept = listing.extra
    elif listing.extra is not None and "folder" not in kept.column_names:
        kept = kept.add_column(0, "folder", listing.extra["folder"])
    return replace(listing, entries=entries, extra=kept)


def _at(entry: Entry, ra: float | None, dec: float | None, scale: float | None) -> Entry:
    if ra is None or dec is None:
        ra, dec = entry.ra, entry.dec
    return replace(entry, ra=ra, dec=dec, pixel_scale=scale)


class _Sides:
    """What the side files say of a galaxy; those that cannot be read are refused, their galaxies are not."""

    def __init__(self, files: Shards):
        self._files = files
        self.refused: list[Rejected] = []

    def of(self, entry: Entry) -> dict[str, Any]:
        """The columns of a galaxy: beside ``a/b.c.jpg`` lies ``a/b.c.json``, or ``a/b.json`` (WebDataset)."""
        folder, slash, base = entry.file.rpartition("/")
        keys = dict.fromkeys((_key(entry.file), f"{folder}{slash}{base.partition('.')[0]}"))
        told: dict[str, Any] = {}
        for suffix in SIDE_SUFFIXES:
            name = next((key + suffix for key in keys if self._files.has(key + suffix)), None)
            if name is not None:
                told |= self._read(name, suffix)
        return told

    def _read(self, name: str, suffix: str) -> dict[str, Any]:
        _, member = self._files.at(name)
        try:
            if member.size > MAX_SIDE_FILE:
                raise ImageError(f"a side file of {member.size:,} bytes is too large")
            return read_side_file(suffix, self._files.bytes_of(name))
        except (ImageError, ValueError) as error:
            what = error.what if isinstance(error, ImageError) else f"not a {suffix} side file ({error})"
            reason = f"{what[:160]}; its galaxy is imported without it"
            self.refused.append(Rejected(self._files.full_name(name), None, reason))
            return {}
