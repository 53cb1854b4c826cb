"""Columns that come with the images, one row for each: which are ids and positions, and how all are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tuningfork.collection.columns import chosen_column, find_column
from tuningfork.collection.readers.rows import numbers
from tuningfork.collection.schema import catalogue_names

__all__ = ["Roles", "roles_of"]

_MEASURES = ("ra", "dec", "pixel_scale")


@dataclass(frozen=True)
class Roles:
    """Which columns hold what we have columns of our own for; None where none does."""

    id: str | None
    ra: str | None
    dec: str | None
    pixel_scale: str | None

    def measures(self, table: pa.Table, rows: int) -> list[Sequence[float | None]]:
        """RA and Dec (degrees) and pixel scale (arcsec) of ``rows`` rows, no finite number as None."""
        named = (getattr(self, name) for name in _MEASURES)
        return [[None] * rows if column is None else numbers(table, column) for column in named]

    def kept(self, table: pa.Table) -> pa.Table | None:
        """The columns under the names they have in a collection, without those that would be there twice, or
        None when none is left."""
        taken = {getattr(self, part): part for part in ("id", *_MEASURES) if getattr(self, part) is not None}
        names = catalogue_names(table.column_names, taken)
        return table.select(list(names)).rename_columns(list(names.values())) if names else None


def roles_of(schema: pa.Schema, *, id_column: str | None, where: str) -> Roles:
    """Roles by the names people use, for columns of numbers; the id only as it is named.

    Raises `UnknownNameError` when the named column is not there.
    """
    measures = {name: find_column(name, schema.names) for name in _MEASURES}
    told = {
        name: column if column and _is_number(schema, column) else None for name, column in measures.items()
    }
    chosen = chosen_column("id", schema.names, id_column, where=where) if id_column else None
    return Roles(chosen, **told)


def _is_number(schema: pa.Schema, column: str | None) -> bool:
    if column is None:
        return False
    kind = schema.field(column).type
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)
