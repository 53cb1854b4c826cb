"""A collection on the sky: what lies near a place, what another table has there, what lies together."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import one_writer, replace_column
from tuningfork.collection.positions import position_columns, table_positions
from tuningfork.collection.store import Collection
from tuningfork.collection.tables import read_table
from tuningfork.collection.tables_memory import arrow_table, is_table
from tuningfork.errors import CatalogueError, CollectionError
from tuningfork.images import sky

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["GROUP", "GroupReport", "cone_search", "group_by_sky", "match_sky", "nearest_on_sky", "positions"]

GROUP = pa.field("sky_group", pa.int64())


def positions(collection: Collection) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec of every row in degrees, float64 ``[n]``; NaN where unknown.

    Raises `CollectionError` when no galaxy has a position.
    """
    table = collection.catalogue(["ra", "dec"])
    ra, dec = (np.asarray(table[name].to_numpy(), float) for name in ("ra", "dec"))
    if not sky.on_sky(ra, dec).any():
        raise CollectionError(
            "no galaxy of this collection has a position",
            where=collection.name,
            remedy="Join a table with columns id, ra and dec: tuningfork collection join DIR TABLE",
        )
    return ra, dec


def cone_search(collection: Collection, ra: float, dec: float, arcsec: float) -> pa.Table:
    """Galaxies within ``arcsec`` of a place in degrees, nearest first.

    Returns
    -------
    pyarrow.Table
        ``id``, ``ra``, ``dec`` (degrees), ``separation`` (arcsec).
    """
    places = positions(collection)
    return _found(collection, *sky.cone(*places, ra, dec, arcsec), *places)


def nearest_on_sky(
    collection: Collection, ra: float, dec: float, *, k: int = 1, arcsec: float | None = None
) -> pa.Table:
    """The ``k`` galaxies nearest to a place in degrees, within ``arcsec`` if given; as `cone_search`."""
    places = positions(collection)
    rows, away = sky.cone(*places, ra, dec, 180 * 3600.0 if arcsec is None else arcsec)
    return _found(collection, rows[:k], away[:k], *places)


def match_sky(
    collection: Collection,
    other: "Collection | str | Path | pa.Table | Table",
    *,
    arcsec: float,
    every: bool = False,
) -> pa.Table:
    """Pairs of a galaxy here and an object of another collection or table, at most ``arcsec`` apart.

    Parameters
    ----------
    other : Collection, path, pyarrow.Table or astropy Table
        A collection, its folder, or a table with columns of RA and Dec.
    every : bool
        All pairs; by default the nearest object for each galaxy. One object may be the nearest to several.

    Returns
    -------
    pyarrow.Table
        ``id``, ``ra``, ``dec``, ``separation`` (arcsec), ``other_row`` (from 1), and the other's columns as
        ``other_NAME``; in the order of the collection's rows, nearest first.

    Raises
    ------
    CatalogueError, CollectionError
        The other cannot be read, or one of the two has no positions.
    """
    ra, dec = positions(collection)
    table, other_ra, other_dec = _other(other)
    if every:
        rows, there, away = sky.pairs_between(ra, dec, other_ra, other_dec, arcsec)
    else:
        found, distance = sky.nearest(ra, dec, other_ra, other_dec, arcsec)
        rows = np.flatnonzero(found >= 0)
        there, away = found[rows], distance[rows]
    pairs = _found(collection, rows, away, ra, dec).append_column("other_row", pa.array(there + 1))
    taken = table.take(pa.array(there))
    for field in taken.schema:
        pairs = pairs.append_column(field.with_name(f"other_{field.name}"), taken[field.name])
    return pairs


@dataclass(frozen=True)
class GroupReport:
    """What `group_by_sky` found: galaxies with a position, groups, groups of several, their galaxies."""

    galaxies: int
    groups: int
    shared: int
    members: int


def group_by_sky(collection: Collection, *, arcsec: float = 3.0) -> GroupReport:
    """Write the column ``sky_group``: one number for galaxies that chains of steps of ``arcsec`` connect.

    A split that keeps groups whole has no galaxy of the sky on both sides. Galaxies without a position have
    null. A group that is written again takes the place of the former one; galaxies added later have null
    until then.
    """
    labels = sky.groups(*positions(collection), arcsec)
    sizes = np.bincount(labels[labels >= 0])
    with one_writer(collection.path, "grouping by position"):
        latest = Collection.open(collection.path)
        labels = np.append(labels, np.full(len(latest) - len(labels), -1))  # came in while we looked
        replace_column(
            collection.path / "galaxies.lance", GROUP, pa.array(labels, pa.int64(), mask=labels < 0)
        )
    several = sizes[sizes > 1]
    return GroupReport(int(sizes.sum()), len(sizes), len(several), int(several.sum()))


def _found(
    collection: Collection, rows: np.ndarray, away: np.ndarray, ra: np.ndarray, dec: np.ndarray
) -> pa.Table:
    ids = pa.array(collection.ids(rows).tolist(), pa.string())
    return pa.table({"id": ids, "ra": ra[rows], "dec": dec[rows], "separation": away})


def _other(other: "Collection | str | Path | pa.Table | Table") -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """The columns to bring along, and the positions."""
    if is_table(other):
        other = arrow_table(other)
    if not isinstance(other, Collection | pa.Table) and (Path(other) / "collection.toml").is_file():
        other = Collection.open(other)
    if isinstance(other, Collection):
        return other.catalogue(["id", "ra", "dec"]), *positions(other)
    where = "table" if isinstance(other, pa.Table) else str(other)
    table = other if isinstance(other, pa.Table) else read_table(other)
    position_columns(table, where=where)
    ra, dec = table_positions(table, where=where)
    if not sky.on_sky(ra, dec).any():
        raise CatalogueError("no row has a position on the sky", where=where)
    return table, ra, dec
