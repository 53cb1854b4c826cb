"""Catalogues in and out: CSV, TSV, Parquet, FITS, VOTable and ECSV, as Arrow tables with their types kept."""

import codecs
import warnings
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.errors import CatalogueError, UsageError
from tuningfork.files import disk_errors

__all__ = ["TABLE_SUFFIXES", "read_table", "write_table"]

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

# A spreadsheet runs a cell that begins so as a formula, unless it is a plain number.
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


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
    kind = _kind(path, CatalogueError)
    try:
        table = _read_delimited(path, kind, text_columns) if kind in ("csv", "tsv") else _READERS[kind](path)
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
    return _plain(table)


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table beside ``path`` and rename it into place; the format follows from the suffix.

    In CSV and TSV a text cell that a spreadsheet would run as a formula gets a leading apostrophe; numbers,
    and text that is a plain number, are left as they are.
    """
    path = Path(path)
    writer = _WRITERS[_kind(path, UsageError)]
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            writer(table, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _kind(path: Path, error: type[CatalogueError] | type[UsageError]) -> str:
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


# -- reading ---------------------------------------------------------------------------------------


def _read_delimited(path: Path, kind: str, text_columns) -> pa.Table:
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


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def _read_astropy(kind: str) -> Callable[[Path], pa.Table]:
    def read(path: Path) -> pa.Table:
        from astropy.table import Table

        formats = {"fits": "fits", "votable": "votable", "ecsv": "ascii.ecsv"}
        with _quiet_astropy():
            table = Table.read(
                path, format=formats[kind], **({"character_as_bytes": False} if kind == "fits" else {})
            )
        columns = [_arrow_column(table[name]) for name in table.colnames]
        fields = [
            pa.field(name, column.type, metadata=_meaning(table[name]))
            for name, column in zip(table.colnames, columns, strict=True)
        ]
        return pa.table(columns, schema=pa.schema(fields))

    return read


@contextmanager
def _quiet_astropy():
    """Units that a standard does not know are the rule in astronomy's tables; they are kept as written."""
    from astropy.utils.exceptions import AstropyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        yield


def _meaning(column) -> dict[str, str] | None:
    """Unit and description of a column, which travel with its field."""
    told = {key: str(getattr(column, key, None) or "") for key in ("unit", "description")}
    return {key: value for key, value in told.items() if value} or None


def _arrow_column(column) -> pa.Array:
    import numpy as np

    values = np.asarray(getattr(column, "value", column))
    mask = np.asarray(column.mask) if hasattr(column, "mask") else None
    if values.ndim > 1:
        return pa.array([row.tolist() for row in values])
    if values.dtype.kind in "SU":
        text = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values.tolist()]
        return pa.array(text, pa.string(), mask=mask)
    if values.dtype.kind == "O":
        return pa.array([None if mask is not None and mask[k] else v for k, v in enumerate(values.tolist())])
    return pa.array(values.astype(values.dtype.newbyteorder("="), copy=False), mask=mask)


def _plain(table: pa.Table) -> pa.Table:
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


# -- writing ---------------------------------------------------------------------------------------


def _write_delimited(delimiter: str) -> Callable[[pa.Table, Path], None]:
    def write(table: pa.Table, path: Path) -> None:
        from pyarrow import csv

        options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        csv.write_csv(_spreadsheet_safe(table), path, options)

    return write


def _spreadsheet_safe(table: pa.Table) -> pa.Table:
    columns = []
    for column in table.columns:
        values = _joined(column) if pa.types.is_nested(column.type) else column
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            risky = pc.and_(
                pc.match_substring_regex(values, _FORMULA),
                pc.invert(pc.match_substring_regex(values, _NUMBER)),
            )
            values = pc.if_else(risky, pc.binary_join_element_wise("'", values, ""), values)
        columns.append(values)
    names = [_safe_name(name) for name in table.column_names]
    return pa.table(columns, names=names)


def _safe_name(name: str) -> str:
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def _joined(column: pa.ChunkedArray) -> pa.Array:
    """A list column as text, its items parted by semicolons."""
    return pa.array(
        [
            None if row is None else ";".join(str(v) for v in row) if isinstance(row, list) else str(row)
            for row in column.to_pylist()
        ],
        pa.string(),
    )


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def _write_astropy(kind: str) -> Callable[[pa.Table, Path], None]:
    def write(table: pa.Table, path: Path) -> None:
        from astropy.table import Table
        from astropy.units import Unit

        columns = {name: _astropy_column(_storable(table[name], kind)) for name in table.column_names}
        if kind == "fits":
            columns = {name: _bytes_if_needed(values) for name, values in columns.items()}
        made = Table(columns)
        for field in table.schema:
            told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            made[field.name].unit = told.get("unit") and Unit(told["unit"], parse_strict="silent")
            made[field.name].description = told.get("description", "")
        with _quiet_astropy():
            made.write(path, format=kind, overwrite=True)

    return write


def _storable(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Numbers in the nearest type that the format knows: astropy writes int8 as truth values into FITS."""
    if pa.types.is_int8(column.type) or (
        kind == "fits" and pa.types.is_boolean(column.type) and column.null_count
    ):
        return column.cast(pa.int16())  # a truth value of FITS cannot be null
    if kind == "votable" and pa.types.is_uint64(column.type):
        largest = pc.max(column).as_py()
        return column.cast(pa.int64() if largest is None or largest < 2**63 else pa.float64())
    return column


def _astropy_column(column: pa.ChunkedArray):
    import numpy as np
    from astropy.table import MaskedColumn

    if pa.types.is_nested(column.type):
        column = pa.chunked_array([_joined(column)])
    elif pa.types.is_temporal(column.type):  # these formats have no dates of their own
        column = column.cast(pa.int64() if pa.types.is_duration(column.type) else pa.string())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    missing = column.is_null().to_numpy()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        values = np.array([value or "" for value in column.to_pylist()], dtype=str)
    elif pa.types.is_boolean(column.type):
        values = np.array([bool(value) for value in column.to_pylist()])
    else:
        values = np.asarray(column.fill_null(0).to_numpy())
    return MaskedColumn(values, mask=missing) if missing.any() else values


def _bytes_if_needed(values):
    """FITS text is ASCII; what is not goes in as UTF-8 bytes, which most readers take."""
    import numpy as np

    if values.dtype.kind != "U" or all(text.isascii() for text in values.tolist() if text):
        return values
    encoded = np.char.encode(np.ma.getdata(values).astype(str), "utf-8")
    return type(values)(encoded, mask=values.mask) if hasattr(values, "mask") else encoded


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:200]


_READERS = {"parquet": _read_parquet, **{kind: _read_astropy(kind) for kind in ("fits", "votable", "ecsv")}}
_WRITERS = {
    "csv": _write_delimited(","),
    "tsv": _write_delimited("\t"),
    "parquet": _write_parquet,
    "fits": _write_astropy("fits"),
    "votable": _write_astropy("votable"),
    "ecsv": _write_astropy("ascii.ecsv"),
}
