"""Small files beside an image, as in WebDataset (``key.json``, ``key.cls``, ``key.txt``), as columns."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.errors import CatalogueError

__all__ = ["MAX_SIDE_FILE", "SIDE_SUFFIXES", "read_side_file", "side_table"]

SIDE_SUFFIXES = (".json", ".cls", ".txt")
MAX_SIDE_FILE = 1 << 20  # bytes

_MAX_COLUMNS = 2_000
_CHUNK = 4_096
_NOTHING = "\0"


def read_side_file(suffix: str, data: bytes) -> dict[str, Any]:
    """The columns that a side file gives its galaxy.

    An object of JSON gives a column for each of its keys, any other JSON the column ``json``; ``.cls`` gives
    ``cls`` and ``.txt`` gives ``txt``. Raises ValueError for what is not of its kind.
    """
    text = data.decode("utf-8-sig")
    if suffix != ".json":
        text = text.strip()
        is_number = suffix == ".cls" and text.lstrip("-").isdecimal() and len(text) < 19
        return {suffix[1:]: int(text) if is_number else text or None}
    try:
        told = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(told, dict):
        return {"json": told}
    return {key: value for key, value in told.items() if key and key.isprintable()}


def side_table(rows: Iterable[dict[str, Any]]) -> pa.Table | None:
    """A table of what the side files of all galaxies say, one row each; None when they say nothing.

    A column is of truth values, integers, floats or text, whichever holds all of its values; lists and
    objects are kept as the text of their JSON.
    """
    chunks, held = [], []
    for row in rows:
        held.append(row)
        if len(held) == _CHUNK:
            chunks.append(_chunk(held))
            held = []
    chunks.append(_chunk(held))
    types: dict[str, pa.DataType] = {}
    for field in (field for chunk in chunks for field in chunk.schema if field.name != _NOTHING):
        types[field.name] = _wider(types.get(field.name, pa.null()), field.type)
    if len(types) > _MAX_COLUMNS:
        raise CatalogueError(f"the side files of this archive have more than {_MAX_COLUMNS:,} different keys")
    if not types:
        return None
    schema = pa.schema(
        [(name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in types.items()]
    )
    return pa.concat_tables([_fitted(chunk, schema) for chunk in chunks])


def _chunk(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    if len(names) > _MAX_COLUMNS:
        raise CatalogueError(f"the side files of this archive have more than {_MAX_COLUMNS:,} different keys")
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    return pa.table({_NOTHING: pa.nulls(len(rows)), **columns})  # else a table without columns has no rows


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    try:
        if kinds <= {bool} or kinds <= {int}:
            return pa.array(values)
        if kinds <= {int, float}:
            return pa.array(values, pa.float64())
    except (OverflowError, pa.ArrowInvalid):  # integers beyond 64 bits
        pass
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else value.encode("utf-8", "replace").decode()
    return json.dumps(value)


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type that holds the values of both."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    numbers = {pa.int64(), pa.float64()}
    return pa.float64() if {one, other} == numbers else pa.string()


def _fitted(chunk: pa.Table, schema: pa.Schema) -> pa.Table:
    there = set(chunk.column_names)
    columns = [
        _cast(chunk[field.name], field.type) if field.name in there else pa.nulls(len(chunk), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return pc.cast(column, kind, safe=False)  # integers beyond 2^53 beside floats lose their last digits
