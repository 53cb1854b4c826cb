"""Bring the columns of another table into a collection, by id: redshifts, votes, somebody's scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.columns import chosen_column, find_column, id_columns
from tuningfork.collection.engine import add_columns, one_writer, replace_column
from tuningfork.collection.positions import table_positions
from tuningfork.collection.schema import OURS, catalogue_names, storable
from tuningfork.collection.store import Collection
from tuningfork.collection.tables import read_table
from tuningfork.collection.tables_memory import arrow_table, is_table
from tuningfork.errors import CatalogueError, UnknownNameError
from tuningfork.images.sky import on_sky

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["JoinReport", "join_catalogue"]


@dataclass(frozen=True)
class JoinReport:
    """What a join did.

    Attributes
    ----------
    columns : tuple of str
        The new columns, under the names they have in the collection.
    matched : int
        Galaxies that a row of the table was for; the others have nulls.
    unmatched : int
        Rows of the table that are for no galaxy here.
    placed : int
        Galaxies that got their position from the table, where none had one before.
    """

    columns: tuple[str, ...]
    matched: int
    unmatched: int
    placed: int = 0


def join_catalogue(
    collection: Collection,
    table: "str | Path | pa.Table | Table",
    *,
    id_column: str | None = None,
    columns: Sequence[str] | None = None,
) -> JoinReport:
    """Add a table's columns to the galaxies whose id it names; nothing that is there is changed.

    Where no galaxy has a position yet, the table's become ``ra`` and ``dec``. The columns come in one commit,
    then Dec, then RA; after a kill between them a join of ``columns=["ra", "dec"]`` adds the rest.

    Parameters
    ----------
    collection : Collection
    table : path or table
        An astropy or Arrow table, or a file: CSV, TSV, Parquet, FITS, VOTable or ECSV.
    id_column : str, optional
        Its column of ids; else found by the names people use.
    columns : sequence of str, optional
        Only these of its columns.

    Raises
    ------
    CatalogueError
        No column of ids, an id that stands in two rows, no id of this collection, or a column whose name is
        taken.
    UnknownNameError
        A column that was named is not there.
    """
    asked = [id_column] if id_column else []
    where = "table" if is_table(table) else str(table)
    read = (
        arrow_table(table)
        if is_table(table)
        else read_table(table, text_columns=lambda names: [*id_columns(names), *asked])
    )
    key = chosen_column("id", read.column_names, id_column, where=where)
    if key is None:
        raise CatalogueError(
            f"no column tells the id (columns: {', '.join(read.column_names[:12])})",
            where=where,
            remedy="Name one with --id-column",
        )
    ids = read[key].cast(pa.string())
    _check_ids(ids, where)
    with one_writer(collection.path, "joining a catalogue"):
        now = Collection.open(collection.path)  # what was opened before may lack what is there by now
        kept, places = _kept(read, key, columns, now, where)
        galaxies = pa.array(now.ids(), pa.string())
        row = pc.index_in(galaxies, value_set=ids.combine_chunks())
        matched = len(row) - row.null_count
        if not matched:
            raise CatalogueError(
                f"none of its {read.num_rows:,} ids is in the collection (the first: {ids[0].as_py()})",
                where=where,
                remedy="Is this the right column? Name another with --id-column",
            )
        if kept.num_columns:
            add_columns(collection.path / "galaxies.lance", storable(kept.take(row)))
        placed = _place(collection, {name: values.take(row) for name, values in places.items()})
    unmatched = pc.sum(pc.invert(pc.is_in(ids, value_set=galaxies))).as_py() or 0
    return JoinReport(tuple(kept.column_names), matched, unmatched, placed)


def _check_ids(ids: pa.ChunkedArray, where: str) -> None:
    counted = pc.value_counts(ids.drop_null()).to_pylist()
    twice = next((entry["values"] for entry in counted if entry["counts"] > 1), None)
    if twice is not None:
        raise CatalogueError(f"the id '{twice}' stands in more than one row", where=where)
    if not len(ids):
        raise CatalogueError("the table has no rows", where=where)


def _positions(
    table: pa.Table, collection: Collection, where: str
) -> tuple[dict[str, str], dict[str, pa.Array]]:
    """The table's columns of positions -> ours, and the values; nothing where a galaxy has a position."""
    ra, dec = find_column("ra", table.column_names), find_column("dec", table.column_names)
    if ra is None or dec is None or pc.any(pc.is_valid(collection.catalogue(["ra"])["ra"])).as_py():
        return {}, {}
    degrees = np.stack(table_positions(table, where=where))
    known = on_sky(*degrees)
    if not known.any():
        return {}, {}
    values = [pa.array(column, pa.float64(), mask=~known) for column in degrees]
    # RA last: while it is missing, the next join begins anew
    return {ra: "ra", dec: "dec"}, {"dec": values[1], "ra": values[0]}


def _place(collection: Collection, places: dict[str, pa.Array]) -> int:
    """Write positions; how many galaxies have one now."""
    for name, values in places.items():
        replace_column(collection.path / "galaxies.lance", OURS.field(name), values)
    return len(places["ra"]) - places["ra"].null_count if places else 0


def _kept(
    table: pa.Table, key: str, columns: Sequence[str] | None, collection: Collection, where: str
) -> tuple[pa.Table, dict[str, pa.Array]]:
    """The columns to add, under the names they will have, and the positions to take."""
    for name in columns or ():
        if name not in table.column_names:
            raise UnknownNameError("column", name, table.column_names, where=where)
    wanted = [name for name in columns or table.column_names if name != key]
    as_ours, places = _positions(table.select(wanted), collection, where)
    names = catalogue_names(wanted, as_ours)
    taken = [name for name in names.values() if name in collection.columns]
    if taken:
        raise CatalogueError(
            f"the collection has a column '{taken[0]}' already",
            where=where,
            remedy="Rename it in the table, or choose others with --columns",
        )
    if not names and not places:
        raise CatalogueError("there is no column to add", where=where)
    fields = [table.schema.field(old).with_name(new) for old, new in names.items()]
    return pa.table([table[old] for old in names], schema=pa.schema(fields)), places
