"""The columns of ours in ``galaxies.lance``, and how a catalogue's columns come to stand beside them."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from tuningfork.errors import CatalogueError

__all__ = ["OURS", "STAMP_FORMATS", "catalogue_names", "galaxy_table", "storable"]

STAMP_FORMATS = ("jpeg", "png", "webp", "tiff", "bands")

# Stamps are packed already; when Lance tries to pack them again, writing takes five times as long.
_AS_IT_IS = {"lance-encoding:compression": "none"}
_BATCH_BYTES = 4 << 20  # Lance writes batches of this size several times faster than one of 64 MB

# How the types begin that Lance has no columns for, in Arrow's words.
_NOT_STORED = (
    "map<",
    "sparse_union<",
    "dense_union<",
    "month_day_nano_interval",
    "list_view<",
    "large_list_view<",
    "run_end_encoded<",
    "decimal32",
    "decimal64",
)

OURS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("stamp", pa.large_binary(), metadata=_AS_IT_IS),
        pa.field("stamp_format", pa.string()),
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("channels", pa.int32()),
        pa.field("ra", pa.float64()),  # degrees
        pa.field("dec", pa.float64()),  # degrees
        pa.field("pixel_scale", pa.float32()),  # arcsec per pixel
        pa.field("bad_pixels", pa.int32()),
        pa.field("digest", pa.string()),  # BLAKE2b, 16 bytes in hex: equal stamps have equal digests
        pa.field("source", pa.string()),  # the file and row it came from
        pa.field("flags", pa.list_(pa.string())),
    ]
)


def catalogue_names(columns: Iterable[str], taken_as: dict[str, str]) -> dict[str, str]:
    """Name in the catalogue -> name in the collection, for every column that is kept as it is.

    Parameters
    ----------
    columns : iterable of str
        The catalogue's columns.
    taken_as : dict
        Catalogue column -> our column that is filled from it. When both have the same name nothing is kept
        twice.

    Returns
    -------
    dict
        A column that bears one of our names (in any case) for something else becomes ``catalogue_NAME``; a
        dot, which Lance keeps for fields of fields, becomes ``_``.
    """
    ours = set(OURS.names)
    kept: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        if column in ours and taken_as.get(column) == column:
            continue
        name = f"catalogue_{column}" if column.lower() in ours else column.replace(".", "_") or "unnamed"
        if name in taken:
            raise CatalogueError(f"two columns would both be called '{name}'", remedy="Rename one of them")
        kept[column] = name
        taken.add(name)
    return kept


def galaxy_table(rows: Sequence[dict], extra: pa.Table | None = None) -> pa.Table:
    """Rows of our columns (missing ones null), with the catalogue's columns for the same rows beside them."""
    table = pa.Table.from_pylist(
        [{**row, "stamp": None, "flags": row.get("flags") or []} for row in rows], schema=OURS
    )
    place = OURS.get_field_index("stamp")
    table = table.set_column(place, OURS.field(place), _joined([row.get("stamp") for row in rows]))
    if extra is not None:
        extra = storable(extra)
        for field, column in zip(extra.schema, extra.columns, strict=True):
            table = table.append_column(field, column)
    return table


def storable(table: pa.Table) -> pa.Table:
    """The table, with columns of types that cannot be stored (maps, unions, ...) as JSON text."""
    for place, field in enumerate(table.schema):
        if not _is_storable(field.type):
            texts = [None if v is None else json.dumps(v, default=str) for v in table[place].to_pylist()]
            told = pa.field(field.name, pa.string(), metadata=field.metadata)
            table = table.set_column(place, told, pa.array(texts, pa.string()))
    return table


def _is_storable(kind: pa.DataType) -> bool:
    inner = [kind.field(n).type for n in range(kind.num_fields)]
    return not str(kind).startswith(_NOT_STORED) and all(map(_is_storable, inner))


def _joined(stamps: list[bytes | None]) -> pa.ChunkedArray:
    """The stamps in batches, each copied once; a builder that grows copies megabytes again and again."""
    total = sum(len(stamp or b"") for stamp in stamps)
    batch = max(1, len(stamps) * _BATCH_BYTES // max(1, total))
    starts = range(0, len(stamps), batch)
    return pa.chunked_array([_array(stamps[k : k + batch]) for k in starts], pa.large_binary())


def _array(stamps: list[bytes | None]) -> pa.Array:
    ends = np.cumsum([0, *(len(stamp or b"") for stamp in stamps)], dtype=np.int64)
    there = np.packbits([stamp is not None for stamp in stamps], bitorder="little")
    buffers = [pa.py_buffer(there), pa.py_buffer(ends), pa.py_buffer(b"".join(s for s in stamps if s))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(stamps), buffers)
