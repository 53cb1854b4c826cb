"""Vectors of several encoders side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import EmbeddingError

__all__ = ["JoinedVectors", "joined_embeddings", "names_of"]


@dataclass(frozen=True)
class JoinedVectors:
    """Vectors aligned with the rows of a collection.

    Parameters
    ----------
    key : str
        The keys of the encoders, joined by " + ".
    vectors : float32 [n, D]
        Side by side; zeros where one of them is missing.
    present : bool [n]
        Which galaxies have all of them.
    widths : tuple of int
        How the D numbers divide.
    """

    key: str
    vectors: np.ndarray
    present: np.ndarray
    widths: tuple[int, ...]


def names_of(encoder: str | None) -> list[str | None]:
    """The encoders that ``a+b`` names; the endings ``+views8`` and ``+bands-...`` belong to the name before.

    Examples
    --------
    >>> names_of("lvm-tiny+views8+imagenet:efficientnet-lite0")
    ['lvm-tiny+views8', 'imagenet:efficientnet-lite0']
    """
    if encoder is None:
        return [None]
    names: list[str | None] = []
    for part in encoder.split("+"):
        if names and part.startswith(("views", "bands-")):
            names[-1] = f"{names[-1]}+{part}"
        else:
            names.append(part)
    return names


def joined_embeddings(collection: Any, names: Sequence[str | None]) -> JoinedVectors:
    """Read the vectors of some encoders, one after the other, into one array.

    Raises
    ------
    EmbeddingError
        When one of them has none, or no galaxy has all.
    """
    from tuningfork.embeddings import load_embeddings

    stored = [load_embeddings(collection, name) for name in names]
    present = np.logical_and.reduce([one.present for one in stored])
    if not present.any():
        raise EmbeddingError(
            f"no galaxy has vectors of all of {', '.join(one.key for one in stored)}",
            where=str(collection.path),
            remedy=stored[-1].command(collection.path),
        )
    vectors = stored[0].vectors if len(stored) == 1 else np.concatenate([one.vectors for one in stored], 1)
    widths = tuple(one.vectors.shape[1] for one in stored)
    return JoinedVectors(" + ".join(one.key for one in stored), vectors, present, widths)
