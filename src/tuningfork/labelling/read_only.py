"""The label log of a collection that may not be written: a copy of it is read, elsewhere."""

import os
import shutil
import tempfile
from pathlib import Path

from tuningfork.errors import BusyError, CollectionError
from tuningfork.files import disk_errors

__all__ = ["copied_log", "is_read_only"]

_TRIES = 3
_PARTS = ("", "-wal")  # what was written last lies in the second until it is taken over


def is_read_only(folder: Path) -> bool:
    """Whether nothing may be written into a folder: its rights, or the disk's."""
    return not os.access(folder, os.W_OK | os.X_OK)


def copied_log(log: Path) -> tempfile.TemporaryDirectory:
    """A folder that holds a copy of an SQLite log, as it is at one moment; it goes with what is returned.

    SQLite wants to write beside a log even to read it, and opened as immutable it would leave out the newest
    answers.

    Raises
    ------
    CollectionError
        There is no log: nobody has answered.
    BusyError
        It is being written faster than it can be copied.
    """
    if not log.is_file():
        raise CollectionError("nobody has answered here yet", where=str(log))
    folder = tempfile.TemporaryDirectory(prefix="tuningfork-log-")
    with disk_errors(Path(folder.name)):
        for _ in range(_TRIES):
            before = _marks(log)
            for part in _PARTS:
                beside, copy = Path(f"{log}{part}"), Path(folder.name) / f"{log.name}{part}"
                copy.unlink(missing_ok=True)
                if beside.is_file():
                    shutil.copyfile(beside, copy)
            if _marks(log) == before:
                return folder
    folder.cleanup()
    raise BusyError("the label log is being written", where=str(log), remedy="Try again in a moment")


def _marks(log: Path) -> list[tuple[int, int] | None]:
    """Time and size of the parts."""
    told = [Path(f"{log}{part}") for part in _PARTS]
    return [(f.stat().st_mtime_ns, f.stat().st_size) if f.is_file() else None for f in told]
