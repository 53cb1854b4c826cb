"""Catalogues in and out: CSV, TSV, Parquet, FITS, VOTable and ECSV, as Arrow tables with their types kept."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.tables_astropy import read_astropy, write_astropy
from tuningfork.collection.tables_delimited import read_delimited, write_delimited
from tuningfork.errors import CatalogueError, UsageError
from tuningfork.files import disk_errors

__all__ = ["TABLE_SUFFIXES", "plain", "read_table", "table_kind", "write_table"]

_FORMAT_OF = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".fits": "fits",
    ".fit": "fits",
    ".vot": "votable",
    ".vo": "votable",
    ".votable": "votable",
    ".xml": "votable",
    ".ecsv": "ecsv",
}
TABLE_SUFFIXES = tuple(_FORMAT_OF)


def read_table(
    path: str | Path, *, text_columns: Iterable[str] | Callable[[list[str]], Iterable[str]] = ()
) -> pa.Table:
    """Read a table; the format follows from the suffix.

    Parameters
    ----------
    path : path
    text_columns : names, or a function from all names to some
        Columns of a CSV or TSV that stay text though they look like numbers, so that the id ``0012`` keeps
        its zeros.

    Returns
    -------
    pyarrow.Table
        Integers stay integers, masked and empty cells are null, text is ``string``.

    Raises
    ------
    CatalogueError
        When the file is missing, of an unknown kind, damaged, or has two columns of one name.
    """
    path = Path(path)
    if not path.is_file():
        raise CatalogueError("there is no such catalogue", where=str(path))
    kind = table_kind(path, CatalogueError)
    try:
        table = read_delimited(path, kind, text_columns) if kind in ("csv", "tsv") else _READERS[kind](path)
    except CatalogueError:
        raise
    except Exception as error:  # each reader has its own family of exceptions for damaged files
        raise CatalogueError(
            f"not a readable {kind} table ({_first_line(error)})", where=str(path)
        ) from error
    if len(set(table.column_names)) != len(table.column_names):
        twice = next(name for name in table.column_names if table.column_names.count(name) > 1)
        raise CatalogueError(
            f"two columns are called '{twice}'", where=str(path), remedy="Rename one of them"
        )
    return plain(table)


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table beside ``path`` and rename it into place; the format follows from the suffix.

    In CSV and TSV a text cell that a spreadsheet would run as a formula gets a leading apostrophe; numbers,
    and text that is a plain number, are left as they are. Only Parquet has columns of bytes: elsewhere they
    are written as the text of their hexadecimal digits.
    """
    path = Path(path)
    kind = table_kind(path, UsageError)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _WRITERS[kind](table if kind == "parquet" else _without_bytes(table), part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def table_kind(path: Path, error: type[CatalogueError] | type[UsageError]) -> str:
    """The format that a file's name asks for: csv, tsv, parquet, fits, votable or ecsv; else ``error``."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes[-2:] in ([".fits", ".gz"], [".fits", ".fz"]):
        return "fits"
    kind = _FORMAT_OF.get(suffixes[-1] if suffixes else "")
    if kind is None:
        raise error(
            f"'{path.suffix}' is not a kind of table",
            where=str(path),
            remedy=f"Use one of {', '.join(_FORMAT_OF)}",
        )
    return kind


def _without_bytes(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            values = [None if cell is None else cell.hex() for cell in table[field.name].to_pylist()]
            told = pa.field(field.name, pa.string(), metadata=field.metadata)
            table = table.set_column(place, told, pa.array(values, pa.string()))
    return table


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def plain(table: pa.Table) -> pa.Table:
    """Text as ``string``, dictionaries unpacked, empty text null, columns without any type as text."""
    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        values = column.dictionary_decode() if pa.types.is_dictionary(field.type) else column.combine_chunks()
        kind = values.type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
            values = values.cast(pa.string())
        if pa.types.is_string(values.type):
            values = pc.if_else(
                pc.equal(pc.utf8_trim_whitespace(values), ""), pa.scalar(None, pa.string()), values
            )
        columns.append(values)
        fields.append(pa.field(str(field.name), values.type, metadata=field.metadata))
    return pa.table(columns, schema=pa.schema(fields))


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:200]


_READERS = {"parquet": _read_parquet, **{kind: read_astropy(kind) for kind in ("fits", "votable", "ecsv")}}
_WRITERS = {
    "csv": write_delimited(","),
    "tsv": write_delimited("\t"),
    "parquet": _write_parquet,
    "fits": write_astropy("fits"),
    "votable": write_astropy("votable"),
    "ecsv": write_astropy("ascii.ecsv"),
}
