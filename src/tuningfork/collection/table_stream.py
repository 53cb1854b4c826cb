"""Tables too long for memory, written some rows at a time; the file appears at the end, whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from tuningfork.collection.tables import table_kind, write_table
from tuningfork.collection.tables_delimited import spreadsheet_safe
from tuningfork.errors import UsageError
from tuningfork.files import disk_errors

__all__ = ["TableStream", "table_stream"]


class TableStream(Protocol):
    """Takes the rows of a table, some at a time."""

    def write(self, table: pa.Table) -> None:
        """Add rows; the columns are those of the stream."""
        ...


@contextmanager
def table_stream(path: Path | str, schema: pa.Schema) -> Iterator[TableStream]:
    """Write a table in pieces beside ``path``, and rename it into place at the end.

    CSV, TSV, Parquet and FITS take no more memory than a piece; VOTable and ECSV are collected first.

    Parameters
    ----------
    path : path
        The format follows from the suffix, as in `write_table`.
    schema : pyarrow.Schema
        Columns, and what Parquet keeps as metadata; FITS knows text, numbers and truth values.

    Raises
    ------
    UsageError
        The suffix is that of no table.
    """
    path = Path(path)
    kind = table_kind(path, UsageError)
    part = path.with_name(f".part.{path.name}")  # what a kill left is written over
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            packed = path.suffix.lower() in (".gz", ".fz")
            with (_Gathered if packed else _STREAMS.get(kind, _Gathered))(part, schema) as stream:
                yield stream
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


class _Parquet:
    def __init__(self, part: Path, schema: pa.Schema):
        import pyarrow.parquet as pq

        self._writer = pq.ParquetWriter(part, schema, compression="zstd")

    def __enter__(self) -> "_Parquet":
        return self

    def __exit__(self, *_: Any) -> None:
        self._writer.close()

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)


class _Delimited:
    def __init__(self, part: Path, schema: pa.Schema, delimiter: str):
        from pyarrow import csv

        options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        columns = spreadsheet_safe(schema.empty_table()).schema
        self._writer = csv.CSVWriter(part, columns, write_options=options)

    def __enter__(self) -> "_Delimited":
        return self

    def __exit__(self, *_: Any) -> None:
        self._writer.close()

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(spreadsheet_safe(table))


class _Gathered:
    """For formats that are written in one go."""

    def __init__(self, part: Path, schema: pa.Schema):
        self._part, self._pieces = part, [schema.empty_table()]

    def __enter__(self) -> "_Gathered":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            write_table(pa.concat_tables(self._pieces), self._part)

    def write(self, table: pa.Table) -> None:
        self._pieces.append(table)


def _fits(part: Path, schema: pa.Schema) -> Any:
    from tuningfork.collection.fits_stream import FitsStream

    return FitsStream(part, schema)


_STREAMS = {
    "parquet": _Parquet,
    "csv": lambda part, schema: _Delimited(part, schema, ","),
    "tsv": lambda part, schema: _Delimited(part, schema, "\t"),
    "fits": _fits,
}
