"""A folder with a catalogue: every usable row becomes a galaxy, every other one a reason."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from math import isnan
from pathlib import Path

import pyarrow as pa

from tuningfork.collection.columns import chosen_column, find_column, id_columns
from tuningfork.collection.positions import table_positions
from tuningfork.collection.readers.files import Files
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.rows import kept_columns, numbers, numeric, texts
from tuningfork.collection.readers.source import Entry, Rejected
from tuningfork.collection.tables import TABLE_SUFFIXES, read_table
from tuningfork.errors import CatalogueError, ImageError
from tuningfork.images.fits_units import check_units_of

__all__ = [
    "choose_catalogue",
    "find_catalogue",
    "is_fits_table",
    "is_table_name",
    "list_with_catalogue",
]

_MEASURES = ("ra", "dec", "pixel_scale")


def find_catalogue(root: Path) -> Path | None:
    """The table at the top of the folder, or None; of several the one called catalogue, or an error."""
    names = sorted(p.name for p in root.iterdir() if is_table_name(p.name) and p.is_file())
    chosen = choose_catalogue(names, lambda name: is_fits_table(root / name), where=str(root))
    return root / chosen if chosen else None


def is_table_name(name: str) -> bool:
    """True for a name with the suffix of a table, hidden files excepted."""
    name = name.rpartition("/")[2]
    return name.lower().endswith(TABLE_SUFFIXES) and not name.startswith(".")


def choose_catalogue(tables: Sequence[str], is_table: Callable[[str], bool], *, where: str) -> str | None:
    """The one of these names that is the catalogue, or None; ``is_table`` looks into a FITS file.

    Of several it is the one called catalogue; raises `CatalogueError` when none or several are.
    """
    fits = {name for name in tables if name.lower().endswith((".fits", ".fit"))}
    # Many FITS files are images; opening thousands to look for a table among them would be slow.
    looked_at = fits if len(fits) <= 8 else {name for name in fits if "cat" in name.lower()}
    found = [name for name in tables if name not in fits or (name in looked_at and is_table(name))]
    stems = [name.rpartition("/")[2].rpartition(".")[0].lower() for name in found]
    named = [name for name, stem in zip(found, stems, strict=True) if stem in ("catalogue", "catalog")]
    if len(named) == 1:
        return named[0]
    if len(found) > 1:
        raise CatalogueError(
            f"several tables could be its catalogue ({', '.join(found[:5])})",
            where=where,
            remedy="Name one with --catalogue",
        )
    return found[0] if found else None


def list_with_catalogue(
    files: Files, catalogue: Path, *, id_column: str | None = None, file_column: str | None = None
) -> Listing:
    """List the galaxies that a catalogue names among files.

    Files are found by the file column (when there is none of that path, by file name in any folder); without
    a file column, by a file stem equal to the id.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be read, or tells neither ids nor files.
    UnknownNameError
        When a column that was named is not there.
    """
    asked = [id_column] if id_column else []
    table = read_table(catalogue, text_columns=lambda names: [*id_columns(names), *asked])
    names, where = table.column_names, str(catalogue)
    parts = {
        "id": chosen_column("id", names, id_column, where=where),
        "file": chosen_column("file", names, file_column, where=where),
        **{kind: numeric(table, find_column(kind, names)) for kind in _MEASURES},
    }
    if parts["id"] is None and parts["file"] is None:
        raise CatalogueError(
            f"no column tells the id or the file (columns: {', '.join(names[:12])})",
            where=where,
            remedy="Name one with --id-column or --file-column",
        )
    entries, rejected = _entries(table, parts, files)
    named = {entry.file for entry in entries} | {refused.file for refused in rejected}
    own = catalogue.name  # a FITS table is no image, but bears the name of one
    unlisted = sum(file not in named and file != own for file in files.images())
    return Listing(entries, kept_columns(table, parts), rejected, unlisted, catalogue=catalogue.name)


def is_fits_table(path: Path) -> bool:
    """True when the first unit with data is a table, told from the headers alone."""
    from astropy.io import fits

    try:
        check_units_of(path, path.name)
        with fits.open(path, lazy_load_hdus=True) as hdus:
            first = hdus[0] if hdus[0].header.get("NAXIS", 0) else hdus[1]
            table = isinstance(first, fits.BinTableHDU | fits.TableHDU)
            return table and not isinstance(first, fits.CompImageHDU)
    except (OSError, IndexError, ValueError, TypeError, ImageError):
        return False


class _RefusedError(Exception):
    """A row that cannot be used, and why."""


def _entries(
    table: pa.Table, parts: dict[str, str | None], files: Files
) -> tuple[list[Entry], list[Rejected]]:
    finder = _Finder(files)
    ids, named = texts(table, parts["id"]), texts(table, parts["file"])
    measures = _measures(table, parts)
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    taken: dict[str, int] = {}
    for row, (given, file) in enumerate(zip(ids, named, strict=True)):
        try:
            if parts["id"] is not None:
                _check_id(given, taken)
            found = finder.by_stem(given) if parts["file"] is None else finder.by_name(file)
            galaxy = given or files.stem_of(found)
            _check_id(galaxy, taken)
        except _RefusedError as refused:
            if file is None or files.takes(_plain(file)):  # else it is passed over, as the file is
                rejected.append(Rejected(file or "", row + 1, str(refused)))
            continue
        taken[galaxy] = row + 1
        entries.append(Entry(galaxy, found, row, *(values[row] for values in measures)))
    return entries, rejected


def _measures(table: pa.Table, parts: dict[str, str | None]) -> list[list[float | None]]:
    """RA, Dec and pixel scale of each row; positions in text, as 10:00:27.9, are read and stay a column."""
    found = [numbers(table, parts[kind]) for kind in _MEASURES]
    if None in (parts["ra"], parts["dec"]) and all(find_column(k, table.column_names) for k in ("ra", "dec")):
        places = table_positions(table, where="")
        found[:2] = [[None if isnan(value) else value for value in axis.tolist()] for axis in places]
    return found


def _check_id(galaxy: str | None, taken: dict[str, int]) -> None:
    if galaxy is None or not galaxy.strip():
        raise _RefusedError("the id is empty")
    if galaxy in taken:
        raise _RefusedError(f"the id '{galaxy}' is already that of row {taken[galaxy]}")


def _plain(file: str) -> str:
    """A path as people write it, as the files are called here."""
    return file.strip().replace("\\", "/").removeprefix("./")


class _Finder:
    """Finds a row's file, walking over all names only when one alone is not enough."""

    def __init__(self, files: Files):
        self._files = files

    def by_name(self, file: str | None) -> str:
        """The path as the catalogue gives it, or the one file of that name anywhere below the folder."""
        if file is None:
            raise _RefusedError("the file name is empty")
        file = _plain(file)
        reason = self._files.reason_against(file)
        if reason is None:
            return file
        found = [] if "leaves" in reason or "/" in file else self._by_file_name.get(file, [])
        if not found:
            raise _RefusedError(reason)
        return self._only(found, file)

    def by_stem(self, galaxy: str | None) -> str:
        """The one image whose file stem is the id."""
        return self._only(self._by_stem.get(galaxy or "", []), f"{galaxy}.*")

    def _only(self, found: list[str], wanted: str) -> str:
        if len(found) != 1:
            what = f"{len(found)} files could be" if found else "there is no file"
            raise _RefusedError(f"{what} '{wanted}'")
        reason = self._files.reason_against(found[0])
        if reason:
            raise _RefusedError(reason)
        return found[0]

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return self._index(self._files.stem_of)

    @cached_property
    def _by_file_name(self) -> dict[str, list[str]]:
        return self._index(lambda file: file.rpartition("/")[2])

    def _index(self, key) -> dict[str, list[str]]:
        index = defaultdict(list)
        for file in self._files.images():
            index[key(file)].append(file)
        return index
