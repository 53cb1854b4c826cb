"""Which reader takes a source: found from the path, or named by the user."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tuningfork.collection.readers.catalogue import is_table_name
from tuningfork.collection.readers.source import Source
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, UnknownNameError

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
    """
    if wishes.reader is not None:
        if wishes.reader not in READERS:
            raise UnknownNameError("reader", wishes.reader, READERS)
        return _reader(wishes.reader).open_source(path, out, wishes)
    for name in READERS:
        reader = _reader(name)
        if reader.recognises(path, wishes):
            return reader.open_source(path, out, wishes)
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


def describe_readers() -> dict[str, str]:
    """Name -> what it reads, for every reader."""
    return {name: _reader(name).description for name in READERS}


def _reader(name: str) -> _Reader:
    module: Any = import_module(f"tuningfork.collection.readers.{READERS[name]}")
    return _Reader(module.recognises, module.open_source, (module.__doc__ or "").strip().split("\n")[0])
