"""Columns beside an array of images: which arrays can be one, and a stretch of rows as a table."""

import math
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.readers.arrays.arrays import Array
from tuningfork.errors import CatalogueError

__all__ = ["as_texts", "column_of", "falls_short", "reason_against"]

_WIDEST = 64  # values of one galaxy in one column
_LONGEST_TEXT = 64 << 10  # bytes of one fixed-length text
_MOST_TEXT = 32 << 20  # characters of variable length in one part


def reason_against(array: Array, *, text: bool = False) -> str | None:
    """Why an array cannot be a column, or None; ``text`` says that its objects are known to be texts."""
    dtype = np.dtype(array.dtype)
    if len(array.shape) not in (1, 2) or (len(array.shape) == 2 and not 0 < array.shape[1] <= _WIDEST):
        return "of several dimensions"
    if text or dtype.kind in "biufSU":
        return "its texts are too long" if dtype.itemsize > _LONGEST_TEXT else None
    if dtype.kind == "T":
        return None
    return f"its type {dtype} is no number and no text"


def falls_short(array: Array, rows: int) -> str | None:
    """A reason when an array looks like a column that has lost or gained rows, or None."""
    if len(array.shape) != 1 or array.shape[0] == rows or not rows <= 2 * array.shape[0] <= 4 * rows:
        return None
    return f"it has {array.shape[0]:,} values for {rows:,} galaxies"


def column_of(values: Any, *, where: str) -> pa.Array:
    """One column: numbers with their type, texts without padding, ``[n, k]`` as lists.

    Raises `CatalogueError` when texts are absurdly long.
    """
    values = np.asarray(values)
    if values.ndim == 2:
        flat = column_of(values.reshape(-1), where=where)
        if values.dtype.kind in "iuf":
            return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
        return pa.ListArray.from_arrays(np.arange(len(values) + 1, dtype=np.int32) * values.shape[1], flat)
    if values.dtype.kind in "biuf":
        plain = values.astype(np.float32 if values.dtype == np.float16 else values.dtype.newbyteorder("="))
        return pa.array(plain)
    return pa.array(as_texts(values, where=where), pa.string())


def as_texts(values: np.ndarray, *, where: str) -> list[str]:
    """Fixed-length bytes, unicode or Python texts as texts; whole numbers as their digits."""
    texts = [_text(value) for value in values.tolist()]
    if values.dtype.kind in "OT" and sum(map(len, texts)) > _MOST_TEXT:
        raise CatalogueError("the texts are too long to be those of galaxies", where=where)
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        value = int(value) if value.is_integer() else value
    return str(value).replace("\0", "").strip()
