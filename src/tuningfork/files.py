"""Writing files so that a kill never leaves half of one, and locking a folder for one writer."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuningfork.errors import BusyError, TuningforkError, UsageError

__all__ = ["disk_errors", "html_file", "only_writer", "write_atomically"]

_WHEN_FULL = "Free some space or choose another place; what was finished is kept"


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write beside ``path``, flush to the disk, then rename over it.

    A file on an object store (`tuningfork.collection.place`) is put there whole, which is the same.
    """
    raw = data.encode() if isinstance(data, str) else data
    if not isinstance(path, str | Path):
        path.write_bytes(raw)
        return
    path = Path(path)
    with disk_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def html_file(path: Path | str) -> Path:
    """The path of a page that is to be written; `UsageError` for a name that no browser opens."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError("this is one HTML file", where=str(path), remedy="Let its name end with .html")
    return path


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals (full, read-only, not permitted) into one clear line."""
    try:
        yield
    except OSError as error:
        if not isinstance(path, str | Path):  # on an object store, where nothing is full or read-only
            raise
        reason = error.strerror or str(error)
        raise TuningforkError(
            f"cannot write: {reason}",
            where=str(path),
            remedy=_WHEN_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Choose another place",
        ) from error


@contextmanager
def only_writer(folder: Path, doing: str) -> Iterator[None]:
    """Hold the folder's writer lock; raises `BusyError` naming the process that has it.

    The lock is the operating system's (``flock`` or its Windows twin): it ends with the process.
    """
    folder = Path(folder)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _try_lock(handle):
            raise BusyError(
                f"another process is {_read_holder(handle)}",
                where=str(folder),
                remedy="Wait for it to end, then run this again",
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "doing": doing}).encode(), 0)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read_holder(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 400, 0))
        return f"{holder['doing']} (process {holder['pid']})"
    except (OSError, ValueError, KeyError):
        return "writing here"
