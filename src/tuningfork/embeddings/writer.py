"""Vectors to the disk, fragment by fragment, in the background."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from tuningfork.files import disk_errors

__all__ = ["FragmentWriter"]

FRAGMENT_ROWS = 1024  # a smaller fragment is not worth a commit ...
FRAGMENT_SECONDS = 2.0  # ... nor one that comes sooner than this ...
PATIENCE_SECONDS = 30.0  # ... but a kill shall never cost more than this


class FragmentWriter:
    """Collects vectors and appends them to a table in atomic fragments while the next ones are computed.

    Used as a context: leaving it, also by an error or Ctrl-C, writes what was collected. One append is under
    way at a time; a failed append is raised at the next `add` or at the end.
    """

    def __init__(self, table: Any, metadata: dict[str, Any]):
        self._table, self._metadata = table, metadata
        self._ids: list[np.ndarray] = []
        self._vectors: list[np.ndarray] = []
        self._last = time.monotonic()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._under_way: Future | None = None

    def __enter__(self) -> "FragmentWriter":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            self._flush()
            self._settle()
        except Exception:
            if kind is None:
                raise
        finally:
            self._pool.shutdown(wait=True)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Take (n,) ids and their (n, D) float32 vectors."""
        self._ids.append(ids)
        self._vectors.append(vectors)
        waited = time.monotonic() - self._last
        rows = sum(map(len, self._ids))
        if waited >= PATIENCE_SECONDS or (rows >= FRAGMENT_ROWS and waited >= FRAGMENT_SECONDS):
            self._flush()

    def _flush(self) -> None:
        self._settle()
        if not self._ids:
            return
        ids, vectors = np.concatenate(self._ids), np.concatenate(self._vectors)
        self._ids, self._vectors = [], []
        self._under_way = self._pool.submit(self._append, ids, vectors)
        self._last = time.monotonic()

    def _append(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        with disk_errors(self._table.path):
            self._table.append(ids, vectors, self._metadata)

    def _settle(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            under_way.result()
