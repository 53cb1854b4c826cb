"""NumPy: one array of images in ``.npy``, or in ``.npz`` with columns of the same length; never pickles."""

from functools import partial
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from tuningfork.collection.readers.arrays.array_columns import reason_against
from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import Arrays, Layout, Pixels, choose_images
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError

__all__ = ["open_source", "recognises"]

_MOST_BYTES = 4 << 30  # of an .npz, which is unpacked in memory; an .npy is read where it lies


def recognises(path: Path, wishes: Wishes) -> bool:
    """A file that ends with .npy or .npz."""
    return path.suffix.lower() in (".npy", ".npz")


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one file."""
    opened = partial(_open, layout=Layout(), image_column=wishes.image_column)
    opened(path)
    return ArraySource(path.parent, [path.name], opened, Layout(), wishes.id_column)


def _open(path: Path, layout: Layout, image_column: str | None) -> Arrays:
    where = str(path)
    try:
        arrays = _unpacked(path) if path.suffix.lower() == ".npz" else {"images": _mapped(path)}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, BadZipFile, NotImplementedError) as error:
        what = "it holds Python objects" if "pickle" in str(error) else "it cannot be read as NumPy arrays"
        raise CollectionError(f"{what}, or is cut off", where=where) from error
    shapes = {name: array.shape for name, array in arrays.items() if array.dtype.kind in "iuf"}
    images = arrays.pop(choose_images(shapes, layout.images, image_column, where=where))
    Pixels.of(images, layout, where=where)
    columns = {
        name: array
        for name, array in arrays.items()
        if array.shape[:1] == images.shape[:1] and reason_against(array) is None
    }
    return Arrays(where, images, 1, columns)


def _mapped(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _unpacked(path: Path) -> dict[str, np.ndarray]:
    with ZipFile(path) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > _MOST_BYTES:
        raise CollectionError(
            f"its arrays take {size:,} bytes", where=str(path), remedy="Save the images as .npy"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
