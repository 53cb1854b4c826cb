"""Parquet and Arrow files as batches of rows that fit into little memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tuningfork.errors import CatalogueError

__all__ = ["BROKEN", "Batch", "RowFile", "is_row_file_name"]

_BATCH_BYTES = 8 << 20
_BATCH_ROWS = 2_048
_FIRST_ROWS = 16

# What pyarrow raises when the bytes are not what they should be.
BROKEN = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError)


def is_row_file_name(name: str) -> bool:
    """True for the name of a Parquet or Arrow file that is neither hidden nor some library's cache."""
    is_known = name.lower().endswith((".parquet", ".pq", ".arrow", ".feather"))
    return is_known and not name.startswith((".", "_", "cache-"))


@dataclass(frozen=True)
class Batch:
    """Rows of a file that follow each other; ``start`` is the number of the first.

    Where they cannot be read ``rows`` is the reason, and ``stop`` the number behind the last, if it is known.
    """

    start: int
    rows: pa.RecordBatch | str
    stop: int | None = None


class RowFile:
    """One file, its schema and number of rows known.

    Attributes
    ----------
    path : Path
    name : str
        As it is called in the source.
    schema : pyarrow.Schema
    count : int or None
        Rows, where the file says how many.

    Raises
    ------
    CatalogueError
        It is no such file, or is damaged.
    """

    def __init__(self, path: Path, name: str):
        self.path, self.name = path, name
        try:
            self._is_parquet = _starts(path) == b"PAR1"
            if self._is_parquet:
                with self._parquet() as file:
                    self.schema, self.count = file.schema_arrow, file.metadata.num_rows
            else:
                self.schema, self.count = _open_arrow(path).schema, None
            for column in self.schema:
                _ = column.name, [part.name for part in column.flatten()]  # damaged ones cannot be decoded
        except BROKEN as error:
            raise CatalogueError(
                f"not a readable Parquet or Arrow file ({_short(error)})", where=name
            ) from error
        if len(set(self.schema.names)) < len(self.schema):
            raise CatalogueError("two columns have the same name", where=name)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """All rows in order, some megabytes at a time, of all columns or some (``a.b`` is a field of one)."""
        return self._parquet_batches(columns) if self._is_parquet else self._arrow_batches()

    def _parquet(self):
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False)

    def _parquet_batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        with self._parquet() as file:
            start = 0
            for group in range(file.metadata.num_row_groups):
                stop = start + file.metadata.row_group(group).num_rows
                yield from _checked(_in_bearable_batches(file, group, columns), start, stop)
                start = stop

    def _arrow_batches(self) -> Iterator[Batch]:
        for batch in _checked(_arrow_reader(self.path), 0, None):
            if isinstance(batch.rows, str):
                yield batch
                continue
            step = _rows_at_once(batch.rows)
            for first in range(0, batch.rows.num_rows, step):
                yield Batch(batch.start + first, batch.rows.slice(first, step))


def _checked(reader: Iterator[pa.RecordBatch], start: int, stop: int | None) -> Iterator[Batch]:
    """Batches with all their offsets and texts checked: pyarrow would follow them out of the file."""
    while True:
        try:
            rows = next(reader, None)
            if rows is None:
                return
            rows.validate(full=True)
        except BROKEN as error:
            yield Batch(start, _short(error), stop)
            return
        if rows.num_rows:
            yield Batch(start, rows)
        start += rows.num_rows


def _arrow_reader(path: Path) -> Iterator[pa.RecordBatch]:
    opened = _open_arrow(path)
    if isinstance(opened, pa.ipc.RecordBatchFileReader):
        for number in range(opened.num_record_batches):
            yield opened.get_batch(number)
    else:
        yield from opened


def _open_arrow(path: Path):
    import pyarrow.ipc

    source = pa.memory_map(str(path))
    return pyarrow.ipc.open_file(source) if _starts(path) == b"ARRO" else pyarrow.ipc.open_stream(source)


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _in_bearable_batches(file, group: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """The rows of a row group, as many at a time as the first ones of it suggest.

    The directory of the file, which tells the size of columns, is not asked: on a damaged one pyarrow ends
    the whole process.
    """
    first = next(file.iter_batches(_FIRST_ROWS, row_groups=[group], columns=columns), None)
    if first is not None:
        yield from file.iter_batches(_rows_at_once(first), row_groups=[group], columns=columns)


def _rows_at_once(rows: pa.RecordBatch) -> int:
    per_row = max(1, rows.nbytes // max(1, rows.num_rows))
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // per_row))


def _short(error: BaseException) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:120]
