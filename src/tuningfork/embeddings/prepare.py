"""Stamps of a collection, read and made ready for an encoder; unreadable ones are named, the rest goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.embeddings.keys import stored_bands
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import Fit, fit
from tuningfork.errors import DataError, EmbeddingError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PreparedBatch", "check_record", "chosen_bands", "fit_for", "fit_metadata", "prepare_rows"]


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


def fit_for(collection: Any, encoder: Any, bands: Sequence[str] | None = None) -> Fit:
    """How this collection's stamps become this encoder's input.

    Where neither names nor numbers tell which bands to take and none were asked for, those of the newest
    vectors that this encoder has here are taken again. Raises as `tuningfork.encoders.fit.fit` does.
    """
    facts, where = PixelFacts.of(collection.manifest), str(collection.path)
    try:
        return fit(encoder.spec, facts, bands, where=where)
    except EmbeddingError:
        before = stored_bands(collection, encoder.spec.key) if bands is None else None
        if before is None:
            raise
    again = fit(encoder.spec, facts, before, where=where)
    return replace(again, remarks=tuple(line.replace("as asked", "as before") for line in again.remarks))


def fit_metadata(fitting: Fit) -> dict[str, str]:
    """What stored vectors tell of the fit: the bands a person chose, and what the numbers depend on."""
    chosen = {"bands": ",".join(fitting.choice.names)} if fitting.choice.suffix else {}
    return {**chosen, "fit": json.dumps(fitting.record(), sort_keys=True)}


def chosen_bands(metadata: dict[str, str]) -> tuple[str, ...] | None:
    """The bands that a person chose for stored vectors, from `fit_metadata`."""
    return tuple(metadata["bands"].split(",")) if metadata.get("bands") else None


def check_record(collection: Any, key: str, metadata: dict[str, str], fitting: Fit) -> None:
    """Raise `EmbeddingError` when stored vectors were made with another stretch, zero point or bands.

    Vectors made before the fit was recorded pass.
    """
    told = metadata.get("fit")
    if told and json.loads(told) != json.loads(json.dumps(fitting.record())):
        folder = f"{collection.path}/embeddings/{key}.lance"
        raise EmbeddingError(
            f"since '{key}' was made, the stretch, zero point or bands of the collection have changed",
            where=str(collection.path),
            remedy=f"Move {folder} away and embed again",
        )


def prepare_rows(collection: Any, encoder: Any, rows: np.ndarray, fitting: Fit) -> PreparedBatch:
    """Read, decode, fit and preprocess some rows."""
    stamps = None
    try:
        stamps = _stamps(collection, encoder, rows, fitting)
        return PreparedBatch(rows, encoder.preprocess(stamps))
    except DataError:
        return _one_by_one(collection, encoder, rows, fitting, stamps)


def _stamps(collection: Any, encoder: Any, rows: np.ndarray, fitting: Fit) -> list[np.ndarray]:
    return fitting(collection.pixels(rows, shortest=encoder.spec.preprocessing.shortest))


def _one_by_one(
    collection: Any, encoder: Any, rows: np.ndarray, fitting: Fit, stamps: list[np.ndarray] | None
) -> PreparedBatch:
    """Each row by itself, read anew only where not all of them could be read together."""
    import torch

    kept, tensors, unreadable = [], [], []
    for place, row in enumerate(rows):
        try:
            own = None if stamps is None else stamps[place : place + 1]
            own = own or _stamps(collection, encoder, np.array([row]), fitting)
            tensors.append(encoder.preprocess(own))
            kept.append(row)
        except DataError as error:
            unreadable.append((int(row), str(error)))
    x = torch.cat(tensors) if tensors else None
    return PreparedBatch(np.array(kept, dtype=np.int64), x, tuple(unreadable))
