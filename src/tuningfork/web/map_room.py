"""The maps that a page server holds: which there is, its columns, read ahead, and a plain one made behind."""

import logging
import os
import shlex
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tuningfork.errors import DataError, TuningforkError, UsageError
from tuningfork.web.map_columns import MapColumns, map_columns

__all__ = ["MapRoom"]

METHODS = ("umap", "pca")  # the first that is stored is shown
_log = logging.getLogger(__name__)
FIRST_PAGE = 20.0  # seconds: a map is read ahead once the first page is out, and then anyhow
PAUSE = 1.0  # seconds that the pictures of that page have for themselves
FEW = 200_000  # up to so many galaxies the page offers to make a map itself: seconds, not minutes


class MapRoom:
    """Stored maps of one collection, read once and kept until their file changes.

    Parameters
    ----------
    collection : Collection
    library : object
        `tuningfork.web.workbench.Library` or a test's own.
    """

    def __init__(self, collection: Any, library: Any):
        self._collection, self._library = collection, library
        self._reading = threading.Lock()
        self._kept: dict[str, tuple[object, MapColumns, bool]] = {}
        self._changing = threading.Lock()
        self._making: dict[str, tuple[int, int]] = {}
        self._mishap: dict[str, str] = {}

    def describe(self, encoder: str | None) -> dict[str, Any]:
        """What the page shows before points: ``state`` is "ready", "making" or "none".

        Parameters
        ----------
        encoder : str, optional
            Whose vectors; the usual ones when not given.
        """
        key = self._library.vectors_of(self._collection, encoder)
        method = self._stored(key)
        if method is not None:
            columns, stale = self._columns(key, method)
            return {
                "state": "ready",
                "version": columns.version,
                "points": len(columns),
                "home": columns.home,
                "method": method,
                "encoder": key,
                "stale": stale,
                "command": self._command(key, method),
            }
        with self._changing:
            making, mishap = self._making.get(key), self._mishap.get(key, "")
        return {
            "state": "none" if making is None else "making",
            "encoder": key,
            "done": making or (0, 0),
            "problem": mishap,
            "may_make": len(self._collection) <= FEW,
            "command": self._command(key, "umap"),
        }

    def columns(self, encoder: str | None, version: str) -> MapColumns:
        """The points of a map; `DataError` when it is not that version any more."""
        key = self._library.vectors_of(self._collection, encoder)
        method = self._stored(key)
        columns = self._columns(key, method)[0] if method else None
        if columns is None or columns.version != version:
            raise DataError("the map was made anew", remedy="Open it again")
        return columns

    def read_ahead(self, encoder: str | None, first_page: threading.Event) -> None:
        """Read a stored map in the background, before anybody opens it; returns at once.

        It begins when ``first_page`` is set, so that it holds up nothing that somebody waits for.
        """
        if self._library.list_maps(self._collection):
            args = (encoder, first_page)
            threading.Thread(target=self._read_ahead, args=args, name="tuningfork-map", daemon=True).start()

    def _read_ahead(self, encoder: str | None, first_page: threading.Event) -> None:
        first_page.wait(FIRST_PAGE)
        time.sleep(PAUSE)
        _step_back()
        try:
            self.describe(encoder)
        except Exception as error:  # whoever opens the map is told
            _log.info("the map was not read ahead: %s", error)

    def make(self, encoder: str | None) -> None:
        """Lay out by principal components in the background; returns at once."""
        key = self._library.vectors_of(self._collection, encoder)
        if len(self._collection) > FEW:
            raise UsageError(
                f"the page makes maps of at most {FEW:,} galaxies",
                remedy=f"Make it: {self._command(key, 'pca')}",
            )
        with self._changing:
            if key in self._making or self._stored(key) is not None:
                return
            self._making[key] = (0, len(self._collection))
            self._mishap.pop(key, None)
        threading.Thread(target=self._make, args=(key,), name="tuningfork-map", daemon=True).start()

    def _make(self, key: str) -> None:
        def told(done: int, total: int) -> None:
            with self._changing:
                self._making[key] = (done, total)

        mishap = ""
        try:
            self._library.make_map(self._collection, key, told)
        except TuningforkError as error:
            mishap = str(error)
        except Exception as error:
            mishap = f"the map could not be made: {type(error).__name__}; the terminal says more"
            _log.exception("the map could not be made")
        finally:
            with self._changing:
                self._making.pop(key, None)
                if mishap:
                    self._mishap[key] = mishap

    def _stored(self, key: str) -> str | None:
        names = self._library.list_maps(self._collection)
        return next((method for method in METHODS if f"{key}-{method}" in names), None)

    def _columns(self, key: str, method: str) -> tuple[MapColumns, bool]:
        name = f"{key}-{method}"
        with self._reading:  # a million points take a second: read once, whoever asks
            mark = self._mark(name)
            kept = self._kept.get(name)
            if kept is None or kept[0] != mark:
                placed = self._library.load_map(self._collection, key, method)
                columns = map_columns(placed.places, placed.rows_in(self._collection))
                kept = self._kept[name] = (mark, columns, bool(placed.stale))
            return kept[1], kept[2]

    def _mark(self, name: str) -> object:
        try:
            told = (Path(self._collection.path) / "maps" / f"{name}.parquet").stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size

    def _command(self, key: str, method: str) -> str:
        place = shlex.quote(str(self._collection.path))
        return f"tuningfork map {place} --encoder {shlex.quote(key)} --method {method}"


def _step_back() -> None:
    """Let the other threads go first, not so far that who opens the map would wait longer for it; only Linux
    knows that of one thread alone.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
