"""HDF5: one array of images, found by its usual names, with columns of the same length beside it."""

from functools import partial
from pathlib import Path

from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import Layout
from tuningfork.collection.readers.arrays.hdf5_file import hdf5_files, is_hdf5, open_hdf5
from tuningfork.collection.readers.files import walk_images
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError

__all__ = ["hdf5_source", "holds_hdf5", "open_source", "recognises"]


def recognises(path: Path, wishes: Wishes) -> bool:
    """An HDF5 file, or a folder with some and no images."""
    return holds_hdf5(path)


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one file or of all below a folder."""
    return hdf5_source(path, wishes, Layout())


def holds_hdf5(path: Path) -> bool:
    """True for an HDF5 file, and for a folder that holds such files and no images."""
    if path.is_file():
        return is_hdf5(path) or path.suffix.lower() in (".h5", ".hdf5", ".he5")
    return path.is_dir() and next(walk_images(path), None) is None and bool(hdf5_files(path))


def hdf5_source(path: Path, wishes: Wishes, layout: Layout) -> ArraySource:
    """The galaxies of HDF5 files of a known layout; an only file is opened at once, to fail at once."""
    files = hdf5_files(path)
    if not files:
        raise CollectionError("there is no HDF5 file here", where=str(path))
    root = path if path.is_dir() else path.parent
    opened = partial(open_hdf5, layout=layout, image_column=wishes.image_column)
    if len(files) == 1:
        opened(root / files[0])
    return ArraySource(root, files, opened, layout, wishes.id_column)
