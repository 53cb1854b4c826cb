"""Open an HDF5 file that a stranger may have made, and find in it images and columns.

Nothing outside the file is followed: external links, virtual datasets and external storage can name any path.
Nothing is evaluated: only numbers and texts are read, no objects. Sizes are checked before memory is taken.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.collection.readers.arrays.array_columns import falls_short, reason_against
from tuningfork.collection.readers.arrays.arrays import MAX_ROW_BYTES, Arrays, Layout, Pixels, choose_images
from tuningfork.errors import CollectionError

__all__ = ["HDF5_SUFFIXES", "hdf5_files", "is_hdf5", "looked_at", "open_hdf5"]

HDF5_SUFFIXES = (".h5", ".hdf5", ".he5")
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MOST_DATASETS = 2_000
_DEEPEST = 6
_MAX_CHUNK = 256 << 20
# What h5py raises when the bytes are not what they should be.
_BROKEN = (OSError, RuntimeError, ValueError, TypeError, KeyError, OverflowError, AttributeError)
_DENSEST = 1_100  # bytes out for one byte in: deflate cannot do more


def is_hdf5(path: Path) -> bool:
    """True for a file that begins as HDF5 does, or after a user block of 512 bytes or a power of two more."""
    try:
        with path.open("rb") as file:
            size, place = os.fstat(file.fileno()).st_size, 0
            while place + len(_SIGNATURE) <= size:
                file.seek(place)
                if file.read(len(_SIGNATURE)) == _SIGNATURE:
                    return True
                place = max(512, 2 * place)
    except OSError:
        return False
    return False


def hdf5_files(path: Path) -> list[str]:
    """The file itself, or every HDF5 file below a folder, relative to it and sorted."""
    if not path.is_dir():
        return [path.name]
    found = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        base = Path(folder).relative_to(path)
        found += [(base / name).as_posix() for name in sorted(files) if _is_named(name)]
    return found


def looked_at(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Name -> shape and type of the arrays of a file, or of the first file of a folder; empty when there is
    none that can be read."""
    files = hdf5_files(path)
    first = (path if path.is_dir() else path.parent) / files[0] if files else path
    if not is_hdf5(first):
        return {}
    try:
        return {
            name: (dataset.shape, dataset.dtype)
            for name, dataset in _datasets(_opened(first))
            if _reason_outside(dataset) is None and dataset.shape is not None
        }
    except (CollectionError, *_BROKEN):
        return {}


def open_hdf5(path: Path, layout: Layout, image_column: str | None = None) -> Arrays:
    """Images and columns of one file, which stays open as long as the result lives.

    Raises
    ------
    CollectionError
        When it is no HDF5, is cut off, or what it declares cannot be.
    CatalogueError, UnknownNameError
        When the images are not found in it, or are no images.
    """
    try:
        return _arrays(path, layout, image_column)
    except _BROKEN as error:
        raise _unreadable(path, error) from error


def _arrays(path: Path, layout: Layout, image_column: str | None) -> Arrays:
    where = str(path)
    inside, outside = {}, {}
    for name, dataset in _datasets(_opened(path)):
        reason = dataset if isinstance(dataset, str) else _reason_outside(dataset)
        if reason is None:
            inside[name] = dataset
        else:
            outside[name] = reason
    shapes = {name: d.shape for name, d in inside.items() if d.shape is not None and d.dtype.kind in "iuf"}
    for name in (image_column, *layout.images):
        if name in outside:
            raise CollectionError(f"'{name}' is {outside[name]}, which is not followed", where=where)
    chosen = choose_images(shapes, layout.images, image_column, where=where)
    images = inside.pop(chosen)
    Pixels.of(images, layout, where=where)
    _check_storage(images, where)
    beside = {
        _short(name, chosen): d for name, d in inside.items() if d.shape and d.shape[0] == images.shape[0]
    }
    columns, left_out = _columns(beside)
    left_out |= {name: f"it is {reason}" for name, reason in outside.items()}
    short = {_short(name, chosen): falls_short(d, len(images)) for name, d in inside.items() if d.shape}
    left_out |= {name: reason for name, reason in short.items() if reason}
    return Arrays(where, images, images.chunks[0] if images.chunks else 1, columns, left_out)


def _opened(path: Path) -> Any:
    import h5py

    if not is_hdf5(path):
        raise CollectionError("this is no HDF5 file", where=str(path))
    try:
        return h5py.File(path, "r", locking=False)
    except _BROKEN as error:
        raise _unreadable(path, error) from error


def _datasets(file: Any) -> Iterator[tuple[str, Any]]:
    """Path in the file and dataset, or path and what leads out of the file instead; groups that contain
    themselves are entered once."""
    import h5py

    waiting, seen, found = [("", file, 0)], set(), 0
    while waiting:
        base, group, depth = waiting.pop(0)
        for key in group:
            name = f"{base}{key}"
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                yield name, "a link to another file"
                continue
            if not isinstance(link, h5py.HardLink):
                continue
            there = group.get(key)
            if isinstance(there, h5py.Dataset):
                found += 1
                yield name, there
            elif isinstance(there, h5py.Group) and depth < _DEEPEST:
                address = h5py.h5o.get_info(there.id).addr
                if address not in seen:
                    seen.add(address)
                    waiting.append((f"{name}/", there, depth + 1))
            if found > _MOST_DATASETS:
                raise CollectionError(
                    f"more than {_MOST_DATASETS:,} arrays, which is no table of galaxies", where=file.filename
                )


def _reason_outside(dataset: Any) -> str | None:
    """What outside of the file a dataset takes its values from, or None."""
    if isinstance(dataset, str):
        return dataset
    if dataset.is_virtual:
        return "a virtual dataset over other files"
    return "stored in another file" if dataset.external else None


def _columns(beside: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The arrays that can be columns, and why others of one dimension cannot."""
    import h5py

    columns, left_out = {}, {}
    for name, dataset in beside.items():
        reason = reason_against(dataset, text=h5py.check_string_dtype(dataset.dtype) is not None)
        if reason is None:
            reason = _reason_of_chunks(dataset)
        if reason is None:
            columns[name] = dataset
        elif len(dataset.shape) == 1:
            left_out[name] = reason
    return columns, left_out


def _check_storage(images: Any, where: str) -> None:
    """Refuse images that claim to be far larger than the bytes that are there."""
    reason = _reason_of_chunks(images)
    if reason is not None:
        raise CollectionError(f"the images cannot be right: {reason}", where=where)
    declared, stored = images.size * images.dtype.itemsize, images.id.get_storage_size()
    if declared > _DENSEST * stored + MAX_ROW_BYTES:
        raise CollectionError(
            f"{declared:,} bytes of images are declared but only {stored:,} are stored", where=where
        )


def _reason_of_chunks(dataset: Any) -> str | None:
    if not dataset.chunks:
        return None
    size = int(np.prod(dataset.chunks, dtype=object)) * dataset.dtype.itemsize
    return f"it lies in chunks of {size:,} bytes" if size > _MAX_CHUNK else None


def _short(name: str, images: str) -> str:
    """A column without its group when it lies beside the images."""
    group = images.rpartition("/")[0]
    return name[len(group) + 1 :] if group and name.startswith(f"{group}/") else name


def _is_named(name: str) -> bool:
    return name.lower().endswith(HDF5_SUFFIXES) and not name.startswith(".")


def _unreadable(path: Path, error: Exception) -> CollectionError:
    line = (str(error).split("\n")[0] or type(error).__name__)[:160]
    what = "the file is cut off" if "truncated" in line else f"the file cannot be read as HDF5 ({line})"
    return CollectionError(what, where=str(path), remedy="Copy it again")
