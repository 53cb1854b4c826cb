"""What the rows of a table of images are called: by a column of ids, by their files, by their numbers."""

from collections.abc import Callable, Sequence

import pyarrow as pa

from tuningfork.collection.columns import chosen_column
from tuningfork.collection.readers.files import stem_of
from tuningfork.collection.readers.image_tables.image_columns import has_path
from tuningfork.collection.readers.image_tables.row_files import RowFile
from tuningfork.collection.readers.rows import texts
from tuningfork.collection.seen import SeenTexts

__all__ = ["RowIds"]

_Ids = Sequence[str | None]


class RowIds:
    """Ids for rows: those of the column that was named; else of one that is called like ids are, or the names
    of the images' files, when every row has one and all differ; else the file's name and the row's number.

    To find out whether all differ, that column is read once.

    Attributes
    ----------
    column : str or None
        The column of ids.

    Raises
    ------
    UnknownNameError
        The named column is not there.
    """

    def __init__(self, files: Sequence[RowFile], image: str, schema: pa.Schema, named: str | None):
        self._image = image
        self._stems = _stems([file.name for file in files])
        self.column = chosen_column("id", schema.names, named, where=files[0].name)
        if named is None and self.column is not None and not self._serves(files, self.column, schema):
            self.column = None
        paths = all(has_path(file.schema.field(image).type) for file in files)
        self._by_path = self.column is None and paths and _all_differ(files, f"{image}.path", self._paths)

    def of(self, file: RowFile, start: int, rows: pa.RecordBatch) -> _Ids:
        """Ids of some rows of a file, the first of which has the number ``start``."""
        if self.column is not None:
            return self._in_column(rows)
        if self._by_path:
            return self._paths(rows)
        stem = self._stems[file.name]
        return [f"{stem}_{row:07d}" for row in range(start + 1, start + 1 + rows.num_rows)]

    def _serves(self, files: Sequence[RowFile], column: str, schema: pa.Schema) -> bool:
        kind = schema.field(column).type
        able = pa.types.is_string(kind) or pa.types.is_integer(kind)
        everywhere = all(column in file.schema.names for file in files)
        return able and everywhere and _all_differ(files, column, self._in_column)

    def _in_column(self, rows: pa.RecordBatch) -> _Ids:
        if self.column not in rows.schema.names:
            return [None] * rows.num_rows
        return texts(pa.table({self.column: rows.column(self.column)}), self.column)

    def _paths(self, rows: pa.RecordBatch) -> _Ids:
        column = rows.column(self._image)
        paths = column.flatten()[column.type.get_field_index("path")].to_pylist()
        return [path and stem_of(path.replace("\\", "/")) for path in paths]


def _all_differ(files: Sequence[RowFile], column: str, ids_of: Callable[[pa.RecordBatch], _Ids]) -> bool:
    seen = SeenTexts()
    for file in files:
        for batch in file.batches([column]):
            if isinstance(batch.rows, str):
                continue  # these rows cannot be imported
            ids = ids_of(batch.rows)
            if not all(ids) or seen.claim([str(one) for one in ids]).any():
                return False
    return True


def _stems(names: Sequence[str]) -> dict[str, str]:
    """File -> its name without suffix, with its folders where two are alike."""
    short = [name.rpartition("/")[2].rpartition(".")[0] for name in names]
    if len(set(short)) < len(short):
        short = [name.rpartition(".")[0] for name in names]
    return dict(zip(names, short, strict=True))
