"""The columns of ours in ``galaxies.lance``, and how a catalogue's columns come to stand beside them."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from tuningfork.errors import CatalogueError

__all__ = ["OURS", "STAMP_FORMATS", "catalogue_names", "galaxy_table"]

STAMP_FORMATS = ("jpeg", "png", "webp", "tiff", "bands")

OURS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("stamp", pa.large_binary()),
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
    table = pa.Table.from_pylist([{**row, "flags": row.get("flags") or []} for row in rows], schema=OURS)
    if extra is not None:
        for field, column in zip(extra.schema, extra.columns, strict=True):
            table = table.append_column(field, column)
    return table
