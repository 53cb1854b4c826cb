"""CSV and TSV: ids keep their zeros, old encodings are read, spreadsheets are not made to run formulas."""

import codecs
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.errors import CatalogueError

__all__ = ["joined", "read_delimited", "spreadsheet_safe", "write_delimited"]

# A spreadsheet runs a cell that begins so as a formula, unless it is a plain number.
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def read_delimited(path: Path, kind: str, text_columns) -> pa.Table:
    """Read a "csv" or "tsv"; ``text_columns`` as for `tuningfork.collection.tables.read_table`."""
    from pyarrow import csv

    delimiter = "," if kind == "csv" else "\t"
    encoding = _encoding(path)
    parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    read = csv.ReadOptions(encoding=encoding)
    with path.open(encoding=encoding, newline="") as file:
        header = _header(file.readline(), delimiter)
    if not any(header):
        raise CatalogueError("the table is empty", where=str(path))
    as_text = text_columns(header) if callable(text_columns) else text_columns
    convert = csv.ConvertOptions(column_types={name: pa.string() for name in as_text if name in header})
    return csv.read_csv(path, read_options=read, parse_options=parse, convert_options=convert)


def _header(line: str, delimiter: str) -> list[str]:
    import csv

    return next(csv.reader([line], delimiter=delimiter), [])


def _encoding(path: Path) -> str:
    """UTF-8 when all of the file is; else Latin-1, which old catalogues are in."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        signed = file.read(3) == codecs.BOM_UTF8
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig" if signed else "utf-8"


def write_delimited(delimiter: str) -> Callable[[pa.Table, Path], None]:
    """The function that writes with this delimiter."""

    def write(table: pa.Table, path: Path) -> None:
        from pyarrow import csv

        options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        csv.write_csv(spreadsheet_safe(table), path, options)

    return write


def spreadsheet_safe(table: pa.Table) -> pa.Table:
    """A table whose texts no spreadsheet takes for formulas, lists as text."""
    columns = []
    for column in table.columns:
        values = joined(column) if pa.types.is_nested(column.type) else column
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            mark, nothing = (pa.scalar(text, values.type) for text in ("'", ""))
            risky = pc.and_(
                pc.match_substring_regex(values, _FORMULA),
                pc.invert(pc.match_substring_regex(values, _NUMBER)),
            )
            values = pc.if_else(risky, pc.binary_join_element_wise(mark, values, nothing), values)
        columns.append(values)
    names = [_safe_name(name) for name in table.column_names]
    return pa.table(columns, names=names)


def _safe_name(name: str) -> str:
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def joined(column: pa.ChunkedArray) -> pa.Array:
    """A list column as text, its items parted by semicolons."""
    return pa.array(
        [
            None if row is None else ";".join(str(v) for v in row) if isinstance(row, list) else str(row)
            for row in column.to_pylist()
        ],
        pa.string(),
    )
