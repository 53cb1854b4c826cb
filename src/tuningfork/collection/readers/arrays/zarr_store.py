"""Zarr (version 2 or 3, a folder or a ZIP file): one array of images with columns of the same length."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from tuningfork.collection.readers.arrays.array_columns import falls_short, reason_against
from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import MAX_ROW_BYTES, Arrays, Layout, Pixels, choose_images
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, DataError, TuningforkError
from tuningfork.extras import install_command

__all__ = ["open_source", "recognises"]

_MARKS = ("zarr.json", ".zgroup", ".zarray")
_MOST_ARRAYS = 2_000
_MOST_METADATA = 16 << 20
# Everything that Zarr and numcodecs bring and that only moves numbers about; pickle and JSON objects are not.
_SAFE = {
    *("blosc", "zstd", "gzip", "zlib", "lz4", "bz2", "lzma", "shuffle", "delta", "fixedscaleoffset"),
    *("quantize", "bitround", "packbits", "astype", "crc32", "crc32c", "adler32", "fletcher32"),
    *("bytes", "transpose", "sharding_indexed", "vlen-utf8"),
}
_BROKEN = (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, BadZipFile)


def recognises(path: Path, wishes: Wishes) -> bool:
    """A folder with the metadata of Zarr at its top, or a ZIP file of one."""
    if path.is_dir():
        return any((path / mark).is_file() for mark in _MARKS)
    if path.suffix.lower() != ".zip":
        return False
    try:
        with ZipFile(path) as archive:
            return any(mark in archive.NameToInfo for mark in _MARKS)
    except (OSError, BadZipFile):
        return False


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one store; it is opened at once, to fail at once."""
    layout = Layout(id_stem=path.name.removesuffix(".zip").removesuffix(".zarr"))
    opened = partial(_open, layout=layout, image_column=wishes.image_column)
    opened(path)
    return ArraySource(path.parent, [path.name], opened, layout, wishes.id_column)


def _open(path: Path, layout: Layout, image_column: str | None) -> Arrays:
    try:
        import zarr
    except ImportError as error:
        raise TuningforkError(
            "reading Zarr needs a package that is not installed",
            where=str(path),
            remedy=f"Run: {install_command('zarr')}",
        ) from error
    where = str(path)
    try:
        _check_metadata(path)
        there = zarr.open(_store(path), mode="r")
        arrays = {there.basename or "images": there} if isinstance(there, zarr.Array) else _below(there)
        return _chosen(arrays, layout, image_column, where)
    except TuningforkError:
        raise
    except _BROKEN as error:
        line = (str(error).split("\n")[0] or type(error).__name__)[:160]
        raise CollectionError(f"it cannot be read as Zarr ({line})", where=where) from error


def _chosen(arrays: dict[str, Any], layout: Layout, image_column: str | None, where: str) -> Arrays:
    shapes = {name: array.shape for name, array in arrays.items() if array.dtype.kind in "iuf"}
    chosen = choose_images(shapes, layout.images, image_column, where=where)
    images = arrays.pop(chosen)
    Pixels.of(images, layout, where=where)
    _check_chunks(chosen, images, where)
    columns, left_out = {}, {}
    for name, array in arrays.items():
        if array.shape and array.shape[0] == images.shape[0]:
            reason = reason_against(array, text=array.dtype.kind == "T")
            if reason is None:
                _check_chunks(name, array, where)
                columns[name] = array
            elif len(array.shape) == 1:
                left_out[name] = reason
        elif reason := falls_short(array, images.shape[0]):
            left_out[name] = reason
    return Arrays(where, images, images.chunks[0], columns, left_out)


def _store(path: Path) -> Any:
    from zarr.storage import LocalStore, ZipStore

    return LocalStore(path, read_only=True) if path.is_dir() else ZipStore(path, mode="r", read_only=True)


def _below(group: Any) -> dict[str, Any]:
    """Every array of the group by its path."""
    import zarr

    found = {}
    for name, member in group.members(max_depth=4):
        if isinstance(member, zarr.Array):
            found[name] = member
        if len(found) > _MOST_ARRAYS:
            raise CollectionError(f"more than {_MOST_ARRAYS:,} arrays, which is no table of galaxies")
    return found


def _check_metadata(path: Path) -> None:
    """Read the metadata of every array as what they are, JSON, before anything acts on them."""
    for name, text in _metadata_of_folder(path) if path.is_dir() else _metadata_of_zip(path):
        for codec in _codecs(json.loads(text)):
            if codec.removeprefix("numcodecs.") not in _SAFE:
                raise CollectionError(f"'{name}' is packed by '{codec}', which is not read", where=str(path))


def _metadata_of_folder(path: Path):
    root = path.resolve()
    for mark in ("zarr.json", ".zarray", ".zmetadata"):
        for file in sorted(path.rglob(mark)):
            if not file.resolve().is_relative_to(root):
                raise CollectionError(f"'{file.relative_to(path)}' leaves the folder", where=str(path))
            if file.stat().st_size > _MOST_METADATA:
                raise CollectionError(f"'{file.relative_to(path)}' is too large", where=str(path))
            yield file.relative_to(path).as_posix(), file.read_bytes()


def _metadata_of_zip(path: Path):
    with ZipFile(path) as archive:
        for item in archive.infolist():
            if item.file_size > MAX_ROW_BYTES:
                raise CollectionError(f"'{item.filename}' in it is too large", where=str(path))
            if item.filename.rpartition("/")[2] in ("zarr.json", ".zarray", ".zmetadata"):
                if item.file_size > _MOST_METADATA:
                    raise CollectionError(f"'{item.filename}' in it is too large", where=str(path))
                yield item.filename, archive.read(item)


def _codecs(metadata: Any) -> list[str]:
    """The names of all codecs that metadata of version 2 or 3 speak of, nested ones too."""
    if isinstance(metadata, list):
        return [name for value in metadata for name in _codecs(value)]
    if not isinstance(metadata, dict):
        return []
    named = []
    for key in ("codecs", "index_codecs", "filters", "compressor", "compressors"):
        value = metadata.get(key)
        for codec in value if isinstance(value, list) else [value]:
            if isinstance(codec, dict):
                named.append(str(codec.get("id", codec.get("name"))))
    return named + [name for key, value in metadata.items() if key != "attributes" for name in _codecs(value)]


def _check_chunks(name: str, array: Any, where: str) -> None:
    size = int(np.prod(array.shards or array.chunks, dtype=object)) * max(1, array.dtype.itemsize)
    if size > MAX_ROW_BYTES:
        raise DataError(f"'{name}' lies in chunks of {size:,} bytes", where=where)
