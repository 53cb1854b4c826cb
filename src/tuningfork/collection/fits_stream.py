"""A FITS binary table written some rows at a time, for tables that do not fit into memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.errors import UsageError

__all__ = ["FitsStream"]

_BLOCK = 2880  # bytes; FITS files are made of whole blocks
_NUMBERS = {"float": ("E", ">f4"), "double": ("D", ">f8"), "int32": ("J", ">i4"), "int64": ("K", ">i8")}


class FitsStream:
    """Rows go to a Parquet file beside first: a text column of FITS is as wide as its longest text, which is
    known at the end only. Then they are copied, piece by piece.

    Text that is unknown is empty, an unknown number NaN; whole numbers must be known. Text is UTF-8.
    """

    def __init__(self, part: Path, schema: pa.Schema):
        import pyarrow.parquet as pq

        self._part, self._schema = part, schema
        for field in schema:
            if not (_is_text(field.type) or pa.types.is_boolean(field.type) or str(field.type) in _NUMBERS):
                raise UsageError(f"column '{field.name}' ({field.type}) cannot be streamed to FITS")
            if not field.name.isascii():
                what = f"FITS cannot name a column '{field.name}'"
                raise UsageError(what, where=str(part), remedy="Write Parquet or CSV")
        self._beside = part.with_name(part.name + ".rows")
        self._rows, self._widths = 0, {field.name: 1 for field in schema if _is_text(field.type)}
        self._writer = pq.ParquetWriter(self._beside, schema, compression="zstd")

    def __enter__(self) -> "FitsStream":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            self._writer.close()
            if kind is None:
                self._copy()
        finally:
            self._beside.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._writer.write_table(table)
        self._rows += table.num_rows
        for name, width in self._widths.items():
            longest = pc.max(pc.binary_length(table[name])).as_py()
            self._widths[name] = max(width, longest or 0)

    def _copy(self) -> None:
        import pyarrow.parquet as pq

        kinds = np.dtype([(field.name, self._kind(field)[1]) for field in self._schema])
        with self._part.open("wb") as file:
            file.write(self._headers().encode("ascii"))
            for batch in pq.ParquetFile(self._beside).iter_batches():
                rows = np.empty(batch.num_rows, kinds)
                for field in self._schema:
                    rows[field.name] = _plain(batch[field.name], field.type)
                file.write(rows.tobytes())
            file.write(bytes(-file.tell() % _BLOCK))

    def _headers(self) -> str:
        from astropy.io import fits

        formats = [(field.name, self._kind(field)[0]) for field in self._schema]
        columns = [fits.Column(name=name, format=how, array=np.empty(0)) for name, how in formats]
        header = fits.BinTableHDU.from_columns(columns, nrows=0).header
        header["NAXIS2"] = self._rows
        return fits.PrimaryHDU().header.tostring() + header.tostring()

    def _kind(self, field: pa.Field) -> tuple[str, Any]:
        """The format of a column in FITS' words and in NumPy's."""
        if _is_text(field.type):
            width = self._widths[field.name]
            return f"{width}A", f"S{width}"
        return ("L", "S1") if pa.types.is_boolean(field.type) else _NUMBERS[str(field.type)]


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _plain(column: pa.Array, kind: pa.DataType) -> Any:
    if _is_text(kind):
        return column.cast(pa.large_binary()).fill_null(b"").to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(kind):
        return np.where(column.fill_null(False).to_numpy(zero_copy_only=False), b"T", b"F")
    return column.to_numpy(zero_copy_only=False)
