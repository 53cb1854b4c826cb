"""Which reader takes a source: found from the path, or named by the user."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tuningfork.collection.readers.catalogue import is_table_name
from tuningfork.collection.readers.source import Source
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, UnknownNameError, UsageError

__all__ = ["READERS", "describe_readers", "open_source"]

# In the order in which they are asked. Each module has ``recognises(path, wishes) -> bool``, which looks at
# names and a few bytes, and ``open_source(path, out, wishes) -> Source``; the first line of its docstring
# says what it reads.
READERS = {
    "cutouts": "wide.cutouts",
    "mosaic": "wide.mosaic",
    "zarr": "arrays.zarr_store",
    "archive": "archives.archive",
    "galaxy10": "arrays.galaxy10",
    "legacy-stamps": "arrays.legacy_stamps",
    "multimodal-universe": "arrays.multimodal_universe",
    "hdf5": "arrays.hdf5",
    "numpy": "arrays.numpy_arrays",
    "table": "image_tables.image_table",
    "band-files": "folders.band_files",
    "folder": "folders.folder",
}


_BY_NAME = ("archive", "band-files", "folder")  # whose galaxies are files, so that a pattern can choose


@dataclass(frozen=True)
class _Reader:
    recognises: Callable[[Path, Wishes], bool]
    open_source: Callable[[Path, Path, Wishes], Source]
    description: str


def open_source(path: Path, out: Path, wishes: Wishes) -> Source:
    """The galaxies of ``path``, by the reader that was wished for or the first one that recognises it.

    Raises
    ------
    UnknownNameError
        There is no reader of the wished name.
    CollectionError
        No reader knows what to do with it.
    UsageError
        Only files of some names were asked for, where galaxies are no files.
    """
    if wishes.reader is not None:
        if wishes.reader not in READERS:
            raise UnknownNameError("reader", wishes.reader, READERS)
        return _opened(wishes.reader, path, out, wishes)
    for name in READERS:
        if _reader(name).recognises(path, wishes):
            return _opened(name, path, out, wishes)
    if is_table_name(path.name):
        raise CollectionError(
            "this is a table without images",
            where=str(path),
            remedy="Give the folder of its images, and the table too: tuningfork collection create FOLDER "
            f"--catalogue {path} --out DIR; or add it to a collection: tuningfork collection join DIR {path}"
            "; where a column holds images, name it: collection create --reader table --image-column NAME",
        )
    raise CollectionError(
        "this is nothing that galaxies can be read from",
        where=str(path),
        remedy=f"Say how it is to be read: tuningfork collection create {path} --out DIR --reader NAME, "
        f"one of {', '.join(READERS)}",
    )


def _opened(name: str, path: Path, out: Path, wishes: Wishes) -> Source:
    if wishes.only and (name not in _BY_NAME or (path.is_file() and name != "archive")):
        raise UsageError(
            f"files cannot be chosen by their names here: this is read as '{name}'",
            where=str(path),
            remedy="Give a folder or an archive of images, or leave --only away",
        )
    return _reader(name).open_source(path, out, wishes)


def describe_readers() -> dict[str, str]:
    """Name -> what it reads, for every reader."""
    return {name: _reader(name).description for name in READERS}


def _reader(name: str) -> _Reader:
    module: Any = import_module(f"tuningfork.collection.readers.{READERS[name]}")
    return _Reader(module.recognises, module.open_source, (module.__doc__ or "").strip().split("\n")[0])
