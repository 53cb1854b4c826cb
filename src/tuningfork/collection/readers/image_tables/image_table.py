"""Tables with a column of images: Parquet and Arrow files, as Hugging Face and others write them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import pyarrow as pa

from tuningfork.collection.readers.aligned import roles_of
from tuningfork.collection.readers.files import Inside, walk_images
from tuningfork.collection.readers.image_tables.image_columns import cells_of, class_names, find_image_column
from tuningfork.collection.readers.image_tables.row_files import BROKEN, Batch, RowFile, is_row_file_name
from tuningfork.collection.readers.image_tables.row_ids import RowIds
from tuningfork.collection.readers.image_tables.table_columns import TableColumns
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.stamps import Stamp, read_stamp
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, CollectionError, ImageError

__all__ = ["ImageTable", "open_source", "recognises"]

_SPLITS = ("train", "training", "test", "testing", "validation", "valid", "val", "dev", "eval")


def recognises(path: Path, wishes: Wishes) -> bool:
    """A Parquet or Arrow file with a column of images, or a folder of such files and no image."""
    files = _row_files(path)
    if not files or (path.is_dir() and next(walk_images(path), None) is not None):
        return False
    try:
        schema = RowFile(files[0], "").schema
        return wishes.image_column in schema.names or find_image_column(schema, None, where="") is not None
    except CatalogueError:  # damaged, or several columns to choose from: the reader will say so
        return True


def open_source(path: Path, out: Path, wishes: Wishes) -> "ImageTable":
    """Read the schemas; rows are read when they are asked for.

    Raises
    ------
    CollectionError
        There is no such file here.
    CatalogueError, UnknownNameError
        No column, or several, could hold the images; or the files do not fit together.
    """
    root = path.parent if path.is_file() else path
    found = _row_files(path)
    if not found:
        raise CollectionError("there is no Parquet or Arrow file here", where=str(path))
    files: list[RowFile] = []
    rejected: list[Rejected] = []
    for file in found:
        name = file.relative_to(root).as_posix()
        try:
            files.append(RowFile(file, name))
        except CatalogueError as error:
            if len(found) == 1:
                raise
            rejected.append(Rejected(name, None, error.what))
    if not files:
        raise CatalogueError(f"none of {len(found)} files can be read: {rejected[0].reason}", where=str(path))
    return ImageTable(root, files, rejected, wishes)


class ImageTable(Source):
    """The rows of some files, file by file, a batch at a time.

    Parameters
    ----------
    root : Path
        What file names, and images that a row only names, are relative to.
    files : list of RowFile
    rejected : list of Rejected
        Files that cannot be read at all.
    wishes : Wishes
    """

    def __init__(self, root: Path, files: list[RowFile], rejected: list[Rejected], wishes: Wishes):
        where = str(root / files[0].name)
        image = find_image_column(files[0].schema, wishes.image_column, where=where)
        if image is None:
            raise CatalogueError(
                f"no column holds images (columns: {', '.join(files[0].schema.names[:12])})", where=where
            )
        self._inside, self._image = Inside(root), image
        lacking = [file for file in files if image not in file.schema.names]
        self._rejected = [
            *rejected,
            *(Rejected(f.name, None, f"it has no column '{image}'") for f in lacking),
        ]
        self._files = [file for file in files if file not in lacking]
        self._splits = {file.name: _split_of(file.name) for file in self._files}
        schemas = {file.name: file.schema for file in self._files}
        classes = class_names(files[0].schema)
        self._columns = TableColumns(schemas, image, classes, splits=any(self._splits.values()))
        self._ids = RowIds(self._files, image, self._columns.schema, wishes.id_column)
        self._roles = roles_of(self._columns.schema, id_column=self._ids.column, where=where)

    @cached_property
    def count(self) -> int | None:
        """Rows of all files, where all files tell."""
        counts = [file.count for file in self._files]
        return None if None in counts else sum(count for count in counts if count is not None)

    def parts(self) -> Iterator[Part]:
        """A batch of rows after another, with their columns; rows that cannot be read are refused."""
        if self._rejected:
            yield Part((), _nothing, None, self._rejected)
        for file in self._files:
            for batch in file.batches():
                yield self._part(file, batch)

    def source_of(self, entry: Entry) -> str:
        """File and row."""
        return f"{entry.file}, row {self.row_number(entry)}"

    def _part(self, file: RowFile, batch: Batch) -> Part:
        if isinstance(batch.rows, str):
            return Part((), _nothing, None, [_unread(file, batch, batch.rows)])
        rows = batch.rows
        try:
            table = self._columns.table(rows, self._splits[file.name])
            measures = self._roles.measures(table, len(rows))
            ids = self._ids.of(file, batch.start, rows)
            kept = self._roles.kept(table)
        except BROKEN as error:
            reason = str(error).split("\n")[0][:120]
            return Part(
                (), _nothing, None, [_unread(file, replace(batch, stop=batch.start + len(rows)), reason)]
            )
        good = [place for place, galaxy in enumerate(ids) if galaxy]
        rejected = [
            Rejected(file.name, batch.start + place + 1, "the id is empty")
            for place, galaxy in enumerate(ids)
            if not galaxy
        ]
        extra = None if kept is None else kept.take(good)
        entries = [
            Entry(str(ids[place]), file.name, batch.start + place, *(values[place] for values in measures))
            for place in good
        ]
        return Part(entries, self._reader(file, batch.start, rows), extra, rejected)

    def _reader(self, file: RowFile, start: int, rows: pa.RecordBatch) -> Callable[[Entry], Stamp]:
        def outside(path: str, name: str) -> Stamp:
            return self._outside(file, path, name)

        cell = cells_of(rows.column(self._image), outside)

        def read(entry: Entry) -> Stamp:
            row = entry.row or 0
            return cell(row - start, f"{entry.file}, row {row + 1}")

        return read

    def _outside(self, file: RowFile, path: str, name: str) -> Stamp:
        """An image that the row only names: relative to the source, or to the folder of its table."""
        path = path.replace("\\", "/")
        beside = PurePosixPath(file.name).parent.as_posix()
        reasons = []
        for place in dict.fromkeys((path, f"{beside}/{path}")):
            reason = self._inside.reason_against(place)
            if reason is None:
                return read_stamp(self._inside.root / place, name=name)
            reasons.append(reason)
        raise ImageError(f"the table has no bytes of it, and {reasons[0]}", where=name)


def _row_files(path: Path) -> list[Path]:
    """The file itself, or those in the folder and below, sorted, nothing hidden and nothing of a collection
    in it.
    """
    if path.is_file():
        return [path] if is_row_file_name(path.name) else []
    if not path.is_dir():
        return []
    inside, found = Inside(path), []
    collections = {manifest.parent for manifest in path.rglob("collection.toml")}
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if not is_row_file_name(file.name) or hidden or not collections.isdisjoint(file.parents):
            continue
        if inside.reason_against(name) is None:
            found.append(file)
    return found


def _split_of(name: str) -> str:
    """The part of a data set that a file is of: ``train-00000-of-00002.parquet``, ``test/0000.parquet``."""
    *folders, base = name.split("/")
    match = re.match(r"(\w+(?:\.\w+)*)-\d+-of-\d+", base)
    if match and match[1] != "data":
        return match[1]
    words = [folder.removeprefix("partial-") for folder in reversed(folders)]
    stem = base.partition(".")[0]
    return next((word for word in (*words, stem) if word.lower() in _SPLITS), "")


def _unread(file: RowFile, batch: Batch, reason: str) -> Rejected:
    to = f" to {batch.stop:,}" if batch.stop else " on"
    return Rejected(
        file.name, batch.start + 1, f"rows from {batch.start + 1:,}{to} cannot be read ({reason})"
    )


def _nothing(entry: Entry) -> Stamp:
    raise ImageError("there is no such galaxy", where=entry.file)
