"""Stamps decoded and prepared ahead in threads while the network runs."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PreparedBatch", "prepare_rows", "prepared_batches", "to_encoder_pixels"]


@dataclass(frozen=True)
class PreparedBatch:
    """Rows that could be read, ready for the network, and those that could not.

    Parameters
    ----------
    rows : ndarray
        (N,) int64 rows of the collection.
    x : Tensor or None
        (N, C, S, S) float32; None when no row could be read.
    unreadable : tuple of (int, str)
        Row and reason.
    """

    rows: np.ndarray
    x: "Tensor | None"
    unreadable: tuple[tuple[int, str], ...] = ()


def prepared_batches(
    collection: Any, encoder: Any, rows: np.ndarray, batch_size: int, *, workers: int
) -> Iterator[PreparedBatch]:
    """Read, decode and preprocess batch after batch, in order, a few ahead of their use.

    OpenCV and Lance release the interpreter lock, so threads suffice and nothing is copied between processes.
    At most ``workers + 1`` batches wait at any time.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prepare")
    waiting: deque = deque()
    try:
        for start in range(0, len(rows), batch_size):
            waiting.append(pool.submit(prepare_rows, collection, encoder, rows[start : start + batch_size]))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def prepare_rows(collection: Any, encoder: Any, rows: np.ndarray) -> PreparedBatch:
    """Read and preprocess some rows; the ones that cannot be read are named, the rest is kept."""
    try:
        return PreparedBatch(rows, encoder.preprocess(_stamps(collection, encoder, rows)))
    except DataError:
        return _one_by_one(collection, encoder, rows)


def to_encoder_pixels(stamps: Sequence[np.ndarray], stretch: Any) -> list[np.ndarray]:
    """Linear flux through the stretch to 0..1; encoded pictures stay as they are."""
    from tuningfork.images import to_unit

    return [to_unit(stamp, stretch) if stamp.dtype.kind == "f" else stamp for stamp in stamps]


def _stamps(collection: Any, encoder: Any, rows: np.ndarray) -> list[np.ndarray]:
    stamps = collection.pixels(rows, shortest=encoder.spec.preprocessing.shortest)
    return to_encoder_pixels(stamps, collection.stretch)


def _one_by_one(collection: Any, encoder: Any, rows: np.ndarray) -> PreparedBatch:
    import torch

    kept, tensors, unreadable = [], [], []
    for row in rows:
        try:
            tensors.append(encoder.preprocess(_stamps(collection, encoder, np.array([row]))))
            kept.append(row)
        except DataError as error:
            unreadable.append((int(row), str(error)))
    x = torch.cat(tensors) if tensors else None
    return PreparedBatch(np.array(kept, dtype=np.int64), x, tuple(unreadable))
