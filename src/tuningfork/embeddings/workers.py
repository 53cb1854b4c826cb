"""Batches through threads: on a processor each thread takes a batch from file to vector; they feed a card.

Threads that each run the whole network on one core wait for nobody. One network spread over all cores waits,
in every layer, for the core that is decoding a picture or doing somebody else's work.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["in_threads", "shared_cores"]


def in_threads(
    work: Callable[[np.ndarray], Any],
    rows: np.ndarray,
    batch_size: int,
    *,
    workers: int,
    waiting: int,
    threads: int,
) -> Iterator[Any]:
    """``work(rows of a batch)`` for batch after batch, results in order.

    Parameters
    ----------
    work : callable
        Called in a worker's thread.
    rows : ndarray
        (n,) rows; a batch is at most ``batch_size`` of them.
    workers : int
        Threads that work.
    waiting : int
        Batches under way or finished at most, beside the one handed out: this bounds memory.
    threads : int
        Cores that torch may use within one worker.
    """
    import torch

    pool = ThreadPoolExecutor(workers, "embed", initializer=torch.set_num_threads, initargs=(threads,))
    ahead: deque = deque()
    try:
        for start in range(0, len(rows), batch_size):
            ahead.append(pool.submit(work, rows[start : start + batch_size]))
            if len(ahead) > waiting:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def shared_cores(workers: int) -> Iterator[int]:
    """Share torch's cores among workers, keep OpenCV from adding threads of its own; put both back after.

    Yields
    ------
    int
        Cores for each worker.
    """
    import cv2
    import torch

    of_torch, of_opencv = torch.get_num_threads(), cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield max(1, of_torch // workers)
    finally:
        torch.set_num_threads(of_torch)
        cv2.setNumThreads(of_opencv)
