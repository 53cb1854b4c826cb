"""Cells of a user's table as ids, names and numbers, and the columns of it that are kept."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.schema import catalogue_names

__all__ = ["kept_columns", "numbers", "numeric", "texts"]


def texts(table: pa.Table, column: str | None) -> Sequence[str | None]:
    """A column as text without surrounding blanks; whole numbers are written without a decimal point."""
    if column is None:
        return [None] * table.num_rows
    return [_text(value) for value in table[column].to_pylist()]


def _text(value: Any) -> str | None:
    if isinstance(value, float):  # whole numbers with gaps, as pandas keeps them
        if not np.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    return None if value is None else str(value).strip()


def numeric(table: pa.Table, column: str | None) -> str | None:
    """The column when it holds numbers; positions written as 12:34:56 are an ordinary column."""
    try:
        return None if column is None or table[column].cast(pa.float64()) is None else column
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def numbers(table: pa.Table, column: str | None) -> list[float | None]:
    """A column as floats, what is no finite number as None."""
    if column is None:
        return [None] * table.num_rows
    try:
        values = table[column].cast(pa.float64(), safe=False).to_pylist()  # integers beyond 2^53 are rounded
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # one cell of text makes a column of texts
        values = [_number(value) for value in table[column].to_pylist()]
    return [value if value is not None and np.isfinite(value) else None for value in values]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def kept_columns(table: pa.Table, parts: dict[str, str | None]) -> pa.Table:
    """The columns that are kept, under their names to be; ``parts``: our column -> the one it is from."""
    taken_as = {column: part for part, column in parts.items() if column is not None and part != "file"}
    kept = catalogue_names(table.column_names, taken_as)
    columns = [_natural(table[old]) if old == parts["id"] else table[old] for old in kept]
    meanings = [table.schema.field(old).metadata for old in kept]
    fields = [
        pa.field(name, column.type, metadata=meaning)
        for name, column, meaning in zip(kept.values(), columns, meanings, strict=True)
    ]
    return pa.table(columns, schema=pa.schema(fields))


def _natural(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids were read as text to keep their zeros; whole numbers that lose nothing are numbers again."""
    if not pa.types.is_string(column.type):
        return column
    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
    return numbers if numbers.cast(pa.string()).equals(column) else column
