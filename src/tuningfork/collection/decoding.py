"""The threads in which stamps are decoded."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

__all__ = ["decoders"]

_pool: ThreadPoolExecutor | None = None
_pool_lock = threading.Lock()


def decoders() -> ThreadPoolExecutor:
    """One pool for the process: decoding lets go of the interpreter's lock, so threads are enough."""
    global _pool  # noqa: PLW0603 - one pool, made when first needed
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 2), thread_name_prefix="decode")
        return _pool
