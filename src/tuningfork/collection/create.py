"""Make a collection from a folder or an image, or add to one."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tuningfork.collection.engine import one_writer
from tuningfork.collection.importing import import_source
from tuningfork.collection.manifest import read_manifest
from tuningfork.collection.place import Place, as_place
from tuningfork.collection.readers.source import Rejected
from tuningfork.collection.store import Collection
from tuningfork.collection.tables_memory import catalogue_file
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, UsageError
from tuningfork.images.stretch import Stretch

if TYPE_CHECKING:
    import pyarrow as pa
    from astropy.table import Table

__all__ = ["CreateReport", "add_to_collection", "check_out", "create_collection"]

# What may lie in a folder that an earlier import left before it had stored anything.
_LEFTOVERS = {".writer.lock", ".writer.lance", "rejected.csv", "sources.parquet", "cutouts", "galaxies.lance"}


@dataclass(frozen=True)
class CreateReport:
    """What an import did.

    Attributes
    ----------
    collection : Collection
        Open, with everything that is in it now.
    added, already : int
        Galaxies stored by this call, and those of the source that were there before it.
    rejected : list of Rejected
        File, row and reason of each that could not be imported; also in ``rejected.csv``.
    unlisted : int
        Images in the folder that the catalogue does not name; they are not imported.
    passed_over : int
        Images whose names are not of the patterns in ``only``; they are not imported.
    """

    collection: Collection
    added: int
    already: int
    rejected: list[Rejected]
    unlisted: int = 0
    passed_over: int = 0


def create_collection(  # noqa: PLR0913 - the one door with all the choices; each has a default
    source: str | Path,
    out: str | Path,
    *,
    reader: str | None = None,
    only: str | Sequence[str] = (),
    catalogue: "str | Path | pa.Table | Table | None" = None,
    name: str | None = None,
    id_column: str | None = None,
    file_column: str | None = None,
    image_column: str | None = None,
    bands: Sequence[str] | None = None,
    shown: Sequence[str] | None = None,
    pixel_scale: float | None = None,
    stretch: Stretch | None = None,
    mosaic: bool | None = None,
    cutouts: str | None = None,
    side: int | None = None,
    workers: int | None = None,
    quiet: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> CreateReport:
    """Import galaxies from whatever holds them: folders, archives, tables, arrays, the sky.

    The call may be killed at any moment and made again: it goes on where it was, and once all is there it
    adds nothing. Images stream through; of a folder, ids and file names are held in memory.

    Parameters
    ----------
    source : path
        A folder of stamps, an archive, a table or file of arrays with images in it, one image with many
        galaxies, or a table of positions; see `tuningfork.collection.readers.registry`.
    out : path
        The collection's folder, made when it is not there, or ``s3://BUCKET/NAME``.
    reader : str, optional
        How ``source`` is to be read, when it is not to be found out.
    only : str or sequence of str
        Patterns such as ``*.fits``: of a folder or an archive the images whose file names are of one of them.
        A pattern with ``/`` is held against the path inside the source. Small and capital letters are alike.
        All images when there is none.
    catalogue : path or table, optional
        The user's table for these galaxies, or what lies where in a mosaic.
        CSV, TSV, Parquet, FITS, VOTable or ECSV, or an astropy or Arrow table; without it the one table in
        the folder is taken, if there is one.
    name : str, optional
        Else the name of the ``out`` folder.
    id_column, file_column : str, optional
        Columns of the catalogue; else found by the names people use.
    image_column : str, optional
        Where the pixels are in a table or a file of arrays; else found by the usual names.
    bands : sequence of str, optional
        Names from blue to red; else those of the files.
    shown : sequence of str, optional
        The three bands that make the picture people see, blue, green, red, where there are more than three.
    pixel_scale : float, optional
        Arcsec per pixel; else that of the files.
    stretch : Stretch, optional
        For flux; else one is fitted to a sample of the images and saved.
    mosaic : bool, optional
        Whether the source is one image to be cut up; by default a file is, a folder is not.
    cutouts : str, optional
        Service that gives the images of a table of positions.
    side : int, optional
        Pixels along each side of what is cut out of a mosaic or of the sky.
    workers : int, optional
        Threads; by default one for each processor.
    quiet : bool
        No progress on standard error.
    storage_options : mapping, optional
        Of an object store, as Lance names them; else the usual environment variables.

    Raises
    ------
    CollectionError
        Nothing there, nothing that can be imported, or ``out`` is the collection of another source.
    CatalogueError, UnknownNameError
        The catalogue cannot be used, or a named column is not in it.
    UsageError
        A pattern that leads out of the source, or patterns where galaxies are no files.
    BusyError
        Another process is writing this collection.
    """
    source, out = Path(source), as_place(out, storage_options)
    _check_scale(pixel_scale)
    wishes = Wishes(
        name=name or out.resolve().name,
        reader=reader,
        only=_patterns(only),
        id_column=id_column,
        file_column=file_column,
        image_column=image_column,
        bands=tuple(bands) if bands else None,
        shown=tuple(shown) if shown else None,
        pixel_scale=pixel_scale,
        stretch=stretch,
        mosaic=mosaic,
        cutouts=cutouts,
        side=side,
        workers=workers or os.cpu_count() or 2,
        quiet=quiet,
    )
    _check_source(source)
    check_out(str(source.resolve()), out)
    with catalogue_file(catalogue) as wishes_catalogue:
        return _imported(source, out, replace(wishes, catalogue=wishes_catalogue))


def add_to_collection(  # noqa: PLR0913 - as create_collection
    collection: Collection | str | Path,
    source: str | Path,
    *,
    reader: str | None = None,
    only: str | Sequence[str] = (),
    catalogue: "str | Path | pa.Table | Table | None" = None,
    id_column: str | None = None,
    file_column: str | None = None,
    image_column: str | None = None,
    pixel_scale: float | None = None,
    cutouts: str | None = None,
    side: int | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> CreateReport:
    """Add the galaxies of another source to a collection; those whose id is there already are left as they
    are.

    New catalogue columns are added, null for the galaxies that were there before. Raises as
    `create_collection` does.
    """
    path = collection.path if isinstance(collection, Collection) else as_place(collection)
    source = Path(source)
    manifest = read_manifest(path)
    _check_scale(pixel_scale)
    wishes = Wishes(
        name=manifest.name,
        reader=reader,
        only=_patterns(only),
        id_column=id_column,
        file_column=file_column,
        image_column=image_column,
        pixel_scale=pixel_scale,
        cutouts=cutouts,
        side=side,
        workers=workers or os.cpu_count() or 2,
        quiet=quiet,
    )
    _check_source(source)
    with catalogue_file(catalogue) as wishes_catalogue:
        return _imported(source, path, replace(wishes, catalogue=wishes_catalogue))


def _imported(source: Path, out: Path | Place, wishes: Wishes) -> CreateReport:
    is_new = not out.exists()
    with one_writer(out, "importing galaxies"):
        try:
            result = import_source(source, out, wishes)
        except BaseException:
            if is_new and isinstance(out, Path):
                _swept(out)
            raise
    told = (result.added, result.already, result.rejected, result.unlisted, result.passed_over)
    return CreateReport(Collection.open(out), *told)


def _swept(out: Path) -> None:
    """Remove the folder again when nothing came into it but the writer's lock, which we hold."""
    with suppress(OSError):
        if {file.name for file in out.iterdir()} <= {".writer.lock"}:
            (out / ".writer.lock").unlink()
            out.rmdir()


def _patterns(only: str | Sequence[str]) -> tuple[str, ...]:
    """The patterns, those that could never be met refused: they choose inside the source and lead nowhere."""
    patterns = tuple(one.strip() for one in ([only] if isinstance(only, str) else only))
    for one in patterns:
        path = PurePosixPath(one.replace("\\", "/"))
        if not one or path.is_absolute() or ".." in path.parts or "\0" in one:
            raise UsageError(
                f"'{one}' is no pattern of names inside the source",
                where="--only",
                remedy="Write it as in *.fits or field1/*.fits",
            )
    return patterns


def _check_scale(pixel_scale: float | None) -> None:
    if pixel_scale is not None and not 0 < pixel_scale < inf:
        raise UsageError(f"a pixel is more than 0 arcsec wide, not {pixel_scale:g}")


def _check_source(source: Path) -> None:
    if not source.exists():
        raise CollectionError("no such file or folder", where=str(source))
    if (source / "collection.toml").is_file():
        raise CollectionError(
            "this is a collection already",
            where=str(source),
            remedy="Give it to `tuningfork embed` or `tuningfork label`",
        )


def check_out(origin: str, out: Path | Place) -> None:
    """``out`` must be new, empty, or the collection of this very source; else `CollectionError`."""
    if (out / "collection.toml").is_file():
        known = read_manifest(out).source
        if known != origin:
            drawn = known.startswith("simulate N") and origin.startswith("simulate N")
            more = (
                "give the settings it was made with" if drawn else "add to it with: tuningfork collection add"
            )
            raise CollectionError(
                f"a collection of {known} is here already",
                where=str(out),
                remedy=f"Choose another --out, or {more}",
            )
    elif out.is_file():
        raise CollectionError(
            "this is a file; a collection is a folder", where=str(out), remedy="Choose another --out"
        )
    elif out.is_dir() and {p.name for p in out.iterdir()} - _LEFTOVERS:
        raise CollectionError("the folder is not empty", where=str(out), remedy="Choose another --out")
