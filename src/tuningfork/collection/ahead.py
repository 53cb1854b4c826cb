"""Stamps decoded in threads, and batches of them read before they are asked for."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["decoders", "read_ahead"]

_pool: ThreadPoolExecutor | None = None
_pool_lock = threading.Lock()


def decoders() -> ThreadPoolExecutor:
    """One pool for the process: decoding lets go of the interpreter's lock, so threads are enough."""
    global _pool  # noqa: PLW0603 - one pool, made when first needed
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 2), thread_name_prefix="decode")
        return _pool


def read_ahead(
    read: Callable[[np.ndarray], list[np.ndarray]],
    rows: Sequence[int] | np.ndarray,
    *,
    batch_size: int,
    ahead: int,
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Batches of rows with what ``read`` gives for them, in order, up to ``ahead`` of them read already."""
    rows = np.asarray(rows, np.int64)
    with ThreadPoolExecutor(max_workers=max(1, ahead), thread_name_prefix="stamps") as pool:
        waiting: deque = deque()
        try:
            for start in range(0, len(rows), batch_size):
                batch = rows[start : start + batch_size]
                waiting.append((batch, pool.submit(read, batch)))
                if len(waiting) > ahead:
                    ready, future = waiting.popleft()
                    yield ready, future.result()
            while waiting:
                ready, future = waiting.popleft()
                yield ready, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
