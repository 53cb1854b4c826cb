"""The columns beside a column of images, with one type each over all files of a table."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.errors import CatalogueError

__all__ = ["TableColumns"]


class TableColumns:
    """All columns but that of the images, and those that follow from them.

    A column of class numbers whose names the file tells gets a column ``NAME_name`` of texts beside it. The
    part of a data set that a file belongs to becomes the column ``split``, when the files have parts and no
    column of that name.

    Attributes
    ----------
    schema : pyarrow.Schema
        What every `table` has.

    Raises
    ------
    CatalogueError
        A column has types in two files that do not fit together.
    """

    def __init__(
        self,
        schemas: Mapping[str, pa.Schema],
        image: str,
        classes: Mapping[str, Sequence[str]],
        *,
        splits: bool,
    ):
        self._classes = dict(classes)
        plain = [
            pa.schema([(f.name, _plain_type(f.type)) for f in schema if f.name != image])
            for schema in schemas.values()
        ]
        self._from_files = _unified(plain, next(iter(schemas), ""))
        fields = list(self._from_files)
        names = {field.name for field in fields}
        for column in self._classes:
            if f"{column}_name" not in names:
                fields.append(pa.field(f"{column}_name", pa.string()))
        if splits and "split" not in names:
            fields.append(pa.field("split", pa.string()))
        self.schema = pa.schema(fields)

    def table(self, rows: pa.RecordBatch, split: str) -> pa.Table:
        """The columns for some rows of a file; what the file lacks is null."""
        columns = {field.name: _plain(rows, field) for field in self._from_files}
        for field in self.schema:
            if field.name not in columns:
                number = field.name.removesuffix("_name")
                is_class = number in self._classes
                columns[field.name] = (
                    _names_of(columns[number], self._classes[number])
                    if is_class
                    else pa.array([split or None] * rows.num_rows, pa.string())
                )
        return pa.table([columns[field.name] for field in self.schema], schema=self.schema)


def _unified(schemas: list[pa.Schema], where: str) -> pa.Schema:
    try:
        unified = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise CatalogueError(
            f"the files of this table do not fit together ({str(error).splitlines()[0][:120]})",
            where=where,
            remedy="Import them one by one, or rename the column in one of them",
        ) from error
    return pa.schema([(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in unified])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """A type that catalogues are written in: no dictionaries, views or types of somebody's own."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    return kind


def _plain(rows: pa.RecordBatch, field: pa.Field) -> pa.Array:
    place = rows.schema.get_field_index(field.name)
    if place < 0:
        return pa.nulls(rows.num_rows, field.type)
    column = rows.column(place)
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if column.type == field.type else column.cast(field.type)


def _names_of(numbers: pa.Array, names: Sequence[str]) -> pa.Array:
    """Class numbers as names; null for a number that has none, as -1 has where the class is not known."""
    numbers = numbers.cast(pa.int64())
    known = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(names)))
    return pa.array(names, pa.string()).take(pc.if_else(known, numbers, pa.scalar(None, pa.int64())))
