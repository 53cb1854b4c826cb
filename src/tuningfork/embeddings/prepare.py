"""Stamps of a collection, read and made ready for an encoder; unreadable ones are named, the rest goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PreparedBatch", "prepare_rows", "to_encoder_pixels"]


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


def prepare_rows(collection: Any, encoder: Any, rows: np.ndarray) -> PreparedBatch:
    """Read, decode and preprocess some rows."""
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
