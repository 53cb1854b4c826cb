"""The few calls on Lance that the rest uses: open when there, append in one commit, replace a column."""

import logging
import os
import re
from pathlib import Path

import pyarrow as pa

from tuningfork.errors import CollectionError, TuningforkError
from tuningfork.files import disk_errors

__all__ = ["add_columns", "append_rows", "folder_bytes", "open_dataset", "replace_column"]

# Set before Lance starts its own logger: a table that is made for the first time is no reason for a warning.
os.environ.setdefault("LANCE_LOG", "error")
logging.getLogger("lance").setLevel(logging.ERROR)


def open_dataset(path: Path):
    """The Lance dataset at ``path``, or None when none was ever committed there.

    Raises
    ------
    CollectionError
        When there is one that cannot be opened.
    """
    versions = Path(path) / "_versions"
    if not versions.is_dir() or not any(versions.iterdir()):
        return None
    import lance

    try:
        return lance.dataset(str(path))
    except (OSError, ValueError) as error:
        raise CollectionError(
            f"the table cannot be opened ({_first_line(error)})",
            where=str(path),
            remedy="Restore it from a copy, or import again",
        ) from error


def append_rows(path: Path, table: pa.Table):
    """Add rows in one commit, making the dataset when there is none; returns the dataset as it then is.

    After a kill the commit is there whole or not at all.
    """
    import lance

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    dataset = open_dataset(path)
    with disk_errors(path):
        try:
            if dataset is None:
                return lance.write_dataset(table, str(path), mode="create", data_storage_version="2.1")
            return lance.write_dataset(table, dataset, mode="append")
        except OSError as error:  # such as a full disk
            raise OSError(error.errno, _first_line(error)) from error
        except (ValueError, RuntimeError) as error:
            raise TuningforkError(
                f"the rows were not written ({_first_line(error)})", where=str(path)
            ) from error


def replace_column(path: Path, column: pa.Field, values: pa.Array):
    """Put ``values`` in the place of a column (or add it), rows staying where they are."""
    dataset = open_dataset(path)
    if dataset is None:
        raise CollectionError("there is no table", where=str(path))
    with disk_errors(path):
        if column.name in dataset.schema.names:
            dataset.drop_columns([column.name])
        dataset.add_columns(pa.table([values], schema=pa.schema([column])).to_reader())
    return dataset


def add_columns(path: Path, table: pa.Table) -> None:
    """Add the columns of a table with one row for each row that is there, in one commit."""
    dataset = open_dataset(path)
    if dataset is None:
        raise CollectionError("there is no table", where=str(path))
    with disk_errors(path):
        dataset.add_columns(table.to_reader())


def folder_bytes(path: Path) -> int:
    """Bytes of all files under a folder."""
    return sum(f.stat().st_size for f in Path(path).rglob("*") if f.is_file())


def _first_line(error: Exception) -> str:
    """What went wrong, without the engine's own name and line numbers."""
    line = re.sub(r"^LanceError\(\w+\): |, \S+\.rs:\d+:\d+.*$", "", str(error).split("\n")[0])
    return line[:200]
