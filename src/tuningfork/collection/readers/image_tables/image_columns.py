"""Columns of images: which one of a table it is, and how one of its cells becomes a stamp."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.readers.arrays.array_rows import band_names
from tuningfork.collection.readers.arrays.arrays import USUAL_IMAGES, Layout, Pixels
from tuningfork.collection.stamps import Stamp, stamp_of
from tuningfork.errors import CatalogueError, ImageError, UnknownNameError

__all__ = ["cells_of", "class_names", "find_image_column", "has_path", "is_encoded"]

_NAMES = (
    *USUAL_IMAGES,
    "img",
    "jpg",
    "jpeg",
    "png",
    "picture",
    "stamp",
    "cutout",
    "image_bytes",
    "bytes",
    "fits",
)


def find_image_column(schema: pa.Schema, wished: str | None, *, where: str) -> str | None:
    """The column with the images: the one wished, the one that says so, or the one of the usual name or type.

    Returns None when no column can be one.

    Raises
    ------
    UnknownNameError
        The wished one is not there.
    CatalogueError
        It holds no images, or several could be meant.
    """
    able = [field.name for field in schema if _is_image(field.type)]
    if wished is not None:
        if wished not in schema.names:
            raise UnknownNameError("column", wished, schema.names, where=where)
        if wished not in able:
            kind = schema.field(wished).type
            raise CatalogueError(f"the column '{wished}' of type {kind} holds no images", where=where)
        return wished
    told = [name for name, feature in _features(schema).items() if feature.get("_type") == "Image"]
    lower = {name.lower(): name for name in reversed(able)}
    usual = [lower[name] for name in _NAMES if name in lower]
    encoded = [name for name in able if is_encoded(schema.field(name).type)]
    for found in ([name for name in told if name in able], usual[:1], encoded, able):
        if len(found) == 1:
            return found[0]
    if able:
        raise CatalogueError(
            f"several columns could hold the images ({', '.join(able[:8])})",
            where=where,
            remedy="Name one with --image-column",
        )
    return None


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Column of class numbers -> names of the classes, as the Hugging Face library writes them down."""
    named = {}
    for column, feature in _features(schema).items():
        names = feature.get("names")
        if feature.get("_type") != "ClassLabel" or not isinstance(names, list):
            continue
        if column in schema.names and pa.types.is_integer(schema.field(column).type):
            named[column] = [str(name) for name in names]
    return named


def is_encoded(kind: pa.DataType) -> bool:
    """True for a struct of ``bytes`` and ``path``, which holds the bytes of an image file."""
    return (
        pa.types.is_struct(kind)
        and kind.get_field_index("bytes") >= 0
        and _is_binary(kind.field("bytes").type)
    )


def has_path(kind: pa.DataType) -> bool:
    """True when the struct also tells the name of the file."""
    return is_encoded(kind) and kind.get_field_index("path") >= 0 and _is_text(kind.field("path").type)


def cells_of(column: pa.Array, outside: Callable[[str, str], Stamp]) -> Callable[[int, str], Stamp]:
    """A function from a row of the column, and a name for messages, to its stamp.

    ``outside`` reads the file that a cell names instead of holding its bytes. The function raises
    `ImageError`, and may be called from several threads.
    """
    if is_encoded(column.type):
        parts = dict(zip([f.name for f in column.type], column.flatten(), strict=True))
        return _encoded(parts["bytes"], parts["path"] if has_path(column.type) else None, outside)
    if _is_binary(column.type):
        return _encoded(column, None, outside)
    if _is_flux(column.type):
        return _flux(dict(zip([f.name for f in column.type], column.flatten(), strict=True)))
    return lambda row, name: _array_stamp(_array(column, row, name), name)


def _encoded(data: pa.Array, paths: pa.Array | None, outside) -> Callable[[int, str], Stamp]:
    def read(row: int, name: str) -> Stamp:
        if data[row].is_valid:
            return stamp_of(data[row].as_py(), name=name)
        path = None if paths is None else paths[row].as_py()
        if not path:
            raise ImageError("the image is missing", where=name)
        return outside(path, name)

    return read


def _flux(parts: Mapping[str, pa.Array]) -> Callable[[int, str], Stamp]:
    """Of the Multimodal Universe: planes ``flux``, their names ``band`` and arcsec per pixel ``scale``."""

    def read(row: int, name: str) -> Stamp:
        bands = parts["band"][row].as_py() if "band" in parts else None
        scales = parts["scale"][row].as_py() if "scale" in parts else None
        scale = scales[0] if isinstance(scales, list) and len(set(scales)) == 1 else None
        flux = np.moveaxis(_array(parts["flux"], row, name), 0, -1)
        facts: dict[str, Any] = {"pixel_scale": scale if scale and scale > 0 else None}
        return _array_stamp(flux, name, bands=band_names(tuple(map(str, bands or ()))), **facts)

    return read


def _array_stamp(array: np.ndarray, name: str, **facts: Any) -> Stamp:
    try:
        return Pixels.of(array[None], Layout(), where=name).stamp(array, name=name, **facts)
    except CatalogueError as error:
        raise ImageError(error.what, where=name) from error


def _array(column: pa.Array, row: int, name: str) -> np.ndarray:
    """One cell of nested lists as an array; `ImageError` when it is missing or its lists are not of one
    length."""
    if not column[row].is_valid:
        raise ImageError("the image is missing", where=name)
    if isinstance(column.type, pa.FixedShapeTensorType):
        values = column.storage.slice(row, 1).flatten().to_numpy(zero_copy_only=False)
        array = values.reshape(column.type.shape)
        return array if column.type.permutation is None else array.transpose(column.type.permutation)
    level, shape = column.slice(row, 1), []
    while _is_list(level.type):
        lengths = pc.unique(pc.list_value_length(level)).to_pylist()
        if len(lengths) != 1 or not lengths[0]:
            raise ImageError("its lists are empty or not of one length", where=name)
        shape.append(lengths[0])
        level = level.flatten()
    return level.to_numpy(zero_copy_only=False).reshape(shape)


def _is_image(kind: pa.DataType) -> bool:
    return is_encoded(kind) or _is_binary(kind) or _is_flux(kind) or _is_array(kind)


def _is_array(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.FixedShapeTensorType):
        return len(kind.shape) in (2, 3) and _is_number(kind.value_type)
    depth, leaf = _nesting(kind)
    return depth in (2, 3) and _is_number(leaf)


def _is_flux(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind) or kind.get_field_index("flux") < 0:
        return False
    depth, leaf = _nesting(kind.field("flux").type)
    return depth == 3 and _is_number(leaf)


def _nesting(kind: pa.DataType) -> tuple[int, pa.DataType]:
    depth = 0
    while _is_list(kind):
        depth, kind = depth + 1, kind.value_type
    return depth, kind


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _features(schema: pa.Schema) -> dict[str, dict]:
    """What the Hugging Face library wrote into the file about its columns; nothing when it is not of its
    form."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {str(name): told for name, told in features.items() if isinstance(told, dict)}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
