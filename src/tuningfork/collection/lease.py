"""One writer at a time on an object store, where the operating system has no lock to give.

The lease is an entry in the configuration of a tiny Lance table beside the data. Lance refuses the second
of two commits that change the same entry and began at the same version, by the store's own conditional put;
so of two writers that reach for the lease at once, one gets it. The holder renews it; one that died leaves
it to run out. Each commit asks first whether the lease still holds (`tuningfork.collection.engine`), and an
import stops when somebody else has added to its table (`tuningfork.collection.galaxies`), so that a writer
that slept through its own lease doubles nothing. The clocks of the machines must agree within some ten
seconds.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from tuningfork.collection.place import Place, store_error
from tuningfork.errors import BusyError

__all__ = ["check_lease", "leased"]

LASTS = 60.0  # seconds without renewal after which anybody may take it
RENEWED_EVERY = 15.0
MARGIN = 20.0  # no commit begins so close to the end
_ENTRY = "writer"

_held: list["_Lease"] = []


@contextmanager
def leased(folder: Place, doing: str) -> Iterator[None]:
    """Hold the writer's lease of a folder.

    Raises
    ------
    BusyError
        Naming who holds it.
    """
    lease = _Lease(folder, doing)
    lease.take()
    _held.append(lease)
    stop = threading.Event()
    keeper = threading.Thread(target=lease.keep, args=(stop,), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
        _held.remove(lease)
        with suppress(Exception):  # it runs out by itself
            lease.give_back()


def check_lease(path: Any) -> None:
    """Before a commit under ``path``: raise `BusyError` when this process holds its lease no more."""
    above = [held for held in _held if str(path).startswith(f"{held.folder}/")]
    if above:  # of several the innermost, and of one folder the latest
        max(reversed(above), key=lambda held: len(str(held.folder))).check()


class _Lease:
    def __init__(self, folder: Place, doing: str):
        self.folder, self.doing = folder, doing
        self._table = str(folder / ".writer.lance")
        self._until = 0.0  # by this process's monotonic clock
        self._token = os.urandom(8).hex()

    def take(self) -> None:
        table = self._open()
        there = json.loads(table.config().get(_ENTRY) or "{}")
        if there.get("until", 0) > time.time() and not _is_dead(there):
            raise self._busy(there)
        if not self._write(table):
            raise self._busy(json.loads(self._open().config().get(_ENTRY) or "{}"))

    def keep(self, stop: threading.Event) -> None:
        """Renew until told to stop; a renewal that fails is tried again until the lease has run out."""
        while not stop.wait(RENEWED_EVERY):
            with suppress(Exception):
                table = self._open()
                if json.loads(table.config().get(_ENTRY) or "{}").get("token") == self._token:
                    self._write(table)

    def check(self) -> None:
        if time.monotonic() > self._until - MARGIN:
            raise BusyError(
                "the lease on this folder ran out: another process may be writing now",
                where=str(self.folder),
                remedy="Run this again; what was committed is kept",
            )

    def give_back(self) -> None:
        table = self._open()
        if json.loads(table.config().get(_ENTRY) or "{}").get("token") == self._token:
            table.update_config({_ENTRY: "{}"})
            table.cleanup_old_versions(older_than=timedelta(0))

    def _open(self) -> Any:
        import lance
        import pyarrow as pa

        options = self.folder.options
        with suppress(ValueError):  # there is none yet; one that cannot be reached fails below, too
            return lance.dataset(self._table, storage_options=options)
        try:
            lance.write_dataset(
                pa.table({"of": ["tuningfork"]}), self._table, mode="create", storage_options=options
            )
        except OSError as error:
            if "already exists" not in str(error):  # another process was quicker: fine
                raise store_error(self.folder, error) from error
        return lance.dataset(self._table, storage_options=options)

    def _write(self, table: Any) -> bool:
        """Claim or renew; False when another process changed the entry since ``table`` was opened."""
        claimed = time.monotonic()
        told = {
            "token": self._token,
            "doing": self.doing,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "until": time.time() + LASTS,
        }
        try:
            table.update_config({_ENTRY: json.dumps(told)})
        except OSError as error:
            if "ncompatible transaction" in str(error) or "onflict" in str(error):
                return False
            raise store_error(self.folder, error) from error
        self._until = claimed + LASTS
        return True

    def _busy(self, there: dict) -> BusyError:
        who = f"process {there.get('pid')} on {there.get('host')}"
        left = max(1, round(there.get("until", 0) - time.time()))
        return BusyError(
            f"another process is {there.get('doing', 'writing here')} ({who})",
            where=str(self.folder),
            remedy=f"Wait for it to end, then run this again; if it was killed, its lease ends in {left} s",
        )


def _is_dead(there: dict) -> bool:
    """Whether the holder was a process of this very machine that is no more."""
    if there.get("host") != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(int(there["pid"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, KeyError, ValueError):
        return False
    return False
