"""The few calls on Lance that the rest uses: open, append in one commit, replace a column, compact."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from tuningfork.collection.place import Place, store_error
from tuningfork.errors import CollectionError, TuningforkError
from tuningfork.files import disk_errors, only_writer

__all__ = [
    "KEPT",
    "add_columns",
    "append_rows",
    "compact",
    "folder_bytes",
    "one_writer",
    "open_dataset",
    "reading",
    "replace_column",
]

# Set before Lance starts its own logger: a table that is made for the first time is no reason for a warning.
os.environ.setdefault("LANCE_LOG", "error")
logging.getLogger("lance").setLevel(logging.ERROR)

_SMALL = 16_384  # rows of a fragment
_SMALL_BYTES = 32 << 20
_MANY = 64  # small fragments: with more of them scattered rows are read several times slower
KEPT = timedelta(days=1)  # files of older versions stay so long, for those who have one open


def one_writer(folder: Path | Place, doing: str) -> AbstractContextManager[None]:
    """Hold a folder's writer lock, wherever it lies; entering raises `BusyError` naming who has it."""
    if isinstance(folder, Place):
        from tuningfork.collection.lease import leased

        return leased(folder, doing)
    return only_writer(folder, doing)


@contextmanager
def reading(path: Path | Place) -> Iterator[None]:
    """Turn what the engine says when a table cannot be read into one clear line."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(path, Place):
            raise store_error(path, error) from error
        raise CollectionError(
            f"the table cannot be read ({_first_line(error)})",
            where=str(path),
            remedy="Restore it from a copy, or import again",
        ) from error


def open_dataset(path: Path | Place):
    """The Lance dataset at ``path``, or None when none was ever committed there.

    Raises
    ------
    CollectionError
        When there is one that cannot be opened.
    TuningforkError
        When the object store does not answer.
    """
    versions = path / "_versions"
    if not versions.is_dir() or not any(versions.iterdir()):
        return None
    import lance

    try:
        return lance.dataset(str(path), storage_options=_options(path))
    except (OSError, ValueError) as error:
        if isinstance(path, Place):
            raise store_error(path, error) from error
        raise CollectionError(
            f"the table cannot be opened ({_first_line(error)})",
            where=str(path),
            remedy="Restore it from a copy, or import again",
        ) from error


def append_rows(path: Path | Place, table: pa.Table):
    """Add rows in one commit, making the dataset when there is none; returns the dataset as it then is.

    After a kill the commit is there whole or not at all.
    """
    import lance

    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = open_dataset(path)
    with _writing(path):
        if dataset is not None:
            return lance.write_dataset(table, dataset, mode="append")
        return lance.write_dataset(
            table, str(path), mode="create", data_storage_version="2.1", storage_options=_options(path)
        )


def replace_column(path: Path | Place, column: pa.Field, values: pa.Array):
    """Put ``values`` in the place of a column (or add it) in one commit, rows staying where they are.

    A kill leaves the old values or the new ones.
    """
    dataset = _there(path)
    with _writing(path):
        if column.name not in dataset.schema.names:
            dataset.add_columns(pa.table([values], schema=pa.schema([column])).to_reader())
            return dataset
        return _rewritten(dataset, column, values, _options(path))


def _rewritten(dataset, column: pa.Field, values: pa.Array, options: dict[str, str] | None):
    """The dataset with new files for one column of every fragment, committed together."""
    import lance

    fragments, fields, start = [], set(), 0
    for fragment in dataset.get_fragments():
        rows = fragment.to_table(columns=[], with_row_id=True)["_rowid"]
        part = pa.table({"_rowid": rows, column.name: values.slice(start, len(rows))})
        fragment_meta, changed = fragment.update_columns(part)
        fragments.append(fragment_meta)
        fields |= set(changed)
        start += len(rows)
    done = lance.LanceOperation.Update(updated_fragments=fragments, fields_modified=sorted(fields))
    return lance.LanceDataset.commit(dataset.uri, done, read_version=dataset.version, storage_options=options)


def add_columns(path: Path | Place, table: pa.Table) -> None:
    """Add the columns of a table with one row for each row that is there, in one commit."""
    dataset = _there(path)
    with _writing(path):
        dataset.add_columns(table.to_reader())


def compact(path: Path | Place) -> bool:
    """Join many small fragments to fewer, rows staying in their order; True when that was worth doing.

    One commit. When it cannot be done (a full disk) the table stays as it was. Files of versions older than a
    day are removed, younger ones are left for those who have such a version open.
    """
    dataset = open_dataset(path)
    small = () if dataset is None else [f for f in dataset.get_fragments() if _is_small(f.metadata)]
    if len(small) <= _MANY:
        return False
    _check_lease(path)
    with suppress(OSError, RuntimeError, ValueError):
        dataset.optimize.compact_files(
            target_rows_per_fragment=4 * _SMALL,
            compaction_mode="try_binary_copy",  # pages as they are: three times faster, in half the memory
            num_threads=1,
        )
        dataset.cleanup_old_versions(older_than=KEPT)
        return True
    return False


def _is_small(fragment) -> bool:
    """Few rows and few bytes: a fragment of large stamps is no shorter to read for being written again."""
    size = sum(file.file_size_bytes or 0 for file in fragment.files)
    return fragment.physical_rows < _SMALL and size < _SMALL_BYTES


def folder_bytes(path: Path | Place) -> int:
    """Bytes of all files under a folder."""
    if isinstance(path, Place):
        return path.total_bytes()
    total = 0
    with suppress(OSError), os.scandir(path) as there:  # what vanishes meanwhile does not count
        for entry in there:
            inner = entry.is_dir(follow_symlinks=False)
            total += folder_bytes(Path(entry.path)) if inner else entry.stat(follow_symlinks=False).st_size
    return total


def _there(path: Path | Place):
    dataset = open_dataset(path)
    if dataset is None:
        raise CollectionError("there is no table", where=str(path))
    return dataset


@contextmanager
def _writing(path: Path | Place) -> Iterator[None]:
    """The lease looked at before, failures told in one line after."""
    _check_lease(path)
    with disk_errors(path):
        try:
            yield
        except (OSError, ValueError, RuntimeError) as error:
            if isinstance(path, Place):
                raise store_error(path, error) from error
            if isinstance(error, OSError):  # such as a full disk
                raise OSError(error.errno, _first_line(error)) from error
            raise TuningforkError(
                f"the rows were not written ({_first_line(error)})", where=str(path)
            ) from error


def _check_lease(path: Path | Place) -> None:
    if isinstance(path, Place):
        from tuningfork.collection.lease import check_lease

        check_lease(path)


def _options(path: Path | Place) -> dict[str, str] | None:
    return path.options if isinstance(path, Place) else None


def _first_line(error: Exception) -> str:
    """What went wrong, without the engine's own name and line numbers."""
    line = re.sub(r"^LanceError\(\w+\): |, \S+\.rs:\d+:\d+.*$", "", str(error).split("\n")[0])
    return line[:200]
