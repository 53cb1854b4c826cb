"""FITS, VOTable and ECSV through astropy, with units and descriptions kept."""

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.tables_delimited import joined

__all__ = ["arrow_column", "astropy_table", "meaning", "read_astropy", "write_astropy"]


def read_astropy(kind: str) -> Callable[[Path], pa.Table]:
    """The function that reads a "fits", "votable" or "ecsv" table."""

    def read(path: Path) -> pa.Table:
        from astropy.table import Table

        formats = {"fits": "fits", "votable": "votable", "ecsv": "ascii.ecsv"}
        with _quiet_astropy():
            table = Table.read(
                path, format=formats[kind], **({"character_as_bytes": False} if kind == "fits" else {})
            )
        columns = [arrow_column(table[name]) for name in table.colnames]
        fields = [
            pa.field(name, column.type, metadata=meaning(table[name]))
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


def meaning(column) -> dict[str, str] | None:
    """Unit and description of a column, which travel with its field."""
    told = {key: str(getattr(column, key, None) or "") for key in ("unit", "description")}
    return {key: value for key, value in told.items() if value} or None


def arrow_column(column) -> pa.Array:
    """A column of astropy's, or an array, as Arrow's: masked values are null, text is Unicode."""
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


def write_astropy(kind: str) -> Callable[[pa.Table, Path], None]:
    """The function that writes this format of astropy\'s."""

    def write(table: pa.Table, path: Path) -> None:
        made = astropy_table(table, kind)
        with _quiet_astropy():
            made.write(path, format=kind, overwrite=True)

    return write


def astropy_table(table: pa.Table, kind: str = ""):
    """A table as astropy's, with types that a format can hold; with any when no format is named."""
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
    return made


def _storable(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Numbers in the nearest type that the format knows: astropy writes int8 as truth values into FITS."""
    if pa.types.is_int8(column.type) or (
        kind == "fits" and pa.types.is_boolean(column.type) and column.null_count
    ):
        return column.cast(pa.int16())  # a truth value of FITS cannot be null
    if kind == "votable" and pa.types.is_uint64(column.type):
        largest = pc.max(column).as_py()
        return column.cast(pa.int64() if largest is None or largest < 2**63 else pa.string())
    if pa.types.is_float16(column.type):
        return column.cast(pa.float32())
    return column


def _astropy_column(column: pa.ChunkedArray):
    import numpy as np
    from astropy.table import MaskedColumn

    if pa.types.is_nested(column.type):
        column = pa.chunked_array([joined(column)])
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
