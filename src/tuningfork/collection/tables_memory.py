"""Tables that are in memory already: astropy's or Arrow's, in and out."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tuningfork.collection.tables import plain, write_table
from tuningfork.collection.tables_astropy import arrow_column, astropy_table, meaning
from tuningfork.errors import CatalogueError

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["arrow_table", "catalogue_file", "is_table", "to_astropy"]


def is_table(thing: Any) -> bool:
    """Whether this is an Arrow or an astropy table and not the path of one."""
    return isinstance(thing, pa.Table) or hasattr(thing, "colnames")


def arrow_table(table: Any) -> pa.Table:
    """An astropy Table or QTable, or an Arrow table, as Arrow's.

    Units and descriptions are kept with the columns, masked values are null. A column of sky coordinates
    becomes ``ra`` and ``dec`` in degrees (ICRS), one of times ISO 8601 text.

    Raises
    ------
    CatalogueError
        When two columns would have one name.
    """
    if isinstance(table, pa.Table):
        return plain(table)
    columns: dict[str, tuple[Any, dict[str, str] | None]] = {}
    for name in table.colnames:
        for key, column in _parts(name, table[name]):
            if key in columns:
                raise CatalogueError(
                    f"two columns are called '{key}'", where="table", remedy="Rename one of them"
                )
            columns[key] = (arrow_column(column), meaning(column))
    fields = [pa.field(key, values.type, metadata=told) for key, (values, told) in columns.items()]
    return plain(pa.table([values for values, _ in columns.values()], schema=pa.schema(fields)))


def _parts(name: str, column: Any) -> list[tuple[str, Any]]:
    """The plain columns that one of astropy's stands for."""
    if hasattr(column, "icrs"):
        return [("ra", column.icrs.ra.deg), ("dec", column.icrs.dec.deg)]
    if hasattr(column, "isot"):
        return [(name, column.isot)]
    return [(name, column)]


def to_astropy(table: pa.Table) -> "Table":
    """An Arrow table as astropy's: null is masked, units and descriptions are the columns', the table's own
    metadata stands in ``meta``.
    """
    made = astropy_table(table)
    told = {
        key.decode(): value.decode("utf-8", "replace") for key, value in (table.schema.metadata or {}).items()
    }
    made.meta.update({key: value for key, value in told.items() if key not in ("pandas", "ARROW:schema")})
    return made


@contextmanager
def catalogue_file(catalogue: Any) -> Iterator[Path | None]:
    """The path of a catalogue; one in memory lies in a temporary file meanwhile."""
    if catalogue is None or not is_table(catalogue):
        yield Path(catalogue) if catalogue else None
        return
    with tempfile.TemporaryDirectory(prefix="tuningfork-") as folder:
        path = Path(folder) / "catalogue.parquet"
        write_table(arrow_table(catalogue), path)
        yield path
