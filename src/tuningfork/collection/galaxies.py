"""The growing table of galaxies during an import: what is in it, and appends that fit its columns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import append_rows, open_dataset
from tuningfork.collection.place import Place
from tuningfork.collection.seen import SeenTexts
from tuningfork.errors import BusyError, CatalogueError

__all__ = ["GalaxyTable"]


class GalaxyTable:
    """``galaxies.lance`` while one process, which holds the lock, adds to it."""

    def __init__(self, path: Path | Place):
        self.path = path
        self._dataset = open_dataset(path)
        self._ids, self._sources = SeenTexts(), SeenTexts()
        if self._dataset is not None:
            for batch in self._dataset.to_batches(columns=["id", "source"]):
                self._ids.add(batch["id"].to_pylist())
                self._sources.add(batch["source"].to_pylist())

    def has(self, ids: Sequence[str], sources: Sequence[str]) -> np.ndarray:
        """Which of these galaxies are in the table, by id or by the very file and row they come from: bool
        ``[n]``."""
        return self._ids.has(ids) | self._sources.has(sources)

    def count(self) -> int:
        """Galaxies in the table."""
        return 0 if self._dataset is None else self._dataset.count_rows()

    def append(self, table: pa.Table) -> None:
        """Add rows in one commit; new columns are added to the table first, null for the rows that are there.

        Raises `CatalogueError` when a column cannot be stored with the type it has here.
        """
        self._check_alone()
        if self._dataset is not None:
            table = self._fitted(table)
        self._dataset = append_rows(self.path, table)

    def _check_alone(self) -> None:
        """What another writer has added since is not among the ids that are known here."""
        latest = open_dataset(self.path)
        if latest is not None and (self._dataset is None or latest.version != self._dataset.version):
            raise BusyError(
                "another process has changed this table meanwhile",
                where=str(self.path),
                remedy="Run this again; it adds what is not there",
            )

    def _fitted(self, table: pa.Table) -> pa.Table:
        schema = self._dataset.schema
        new = [pa.field(f.name, f.type) for f in table.schema if f.name not in schema.names]
        if new:
            self._dataset.add_columns(new)
            self._dataset = open_dataset(self.path)
        columns, fields = [], []
        for field in self._dataset.schema:
            if field.name in table.column_names:
                columns.append(_cast(table[field.name], field))
                fields.append(field)
        return pa.table(columns, schema=pa.schema(fields))


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise CatalogueError(
            f"column '{field.name}' is {column.type} here but {field.type} in the collection",
            remedy="Rename the column in the new catalogue",
        ) from error
