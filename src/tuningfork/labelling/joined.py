"""Whose vectors a search goes by: one encoder's, or those of several side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import EmbeddingError

if TYPE_CHECKING:
    from tuningfork.embeddings import Embeddings

__all__ = ["Joined", "join", "keys_of", "names_of"]

_BETWEEN = " + "


@dataclass(frozen=True)
class Joined:
    """Stored vectors of some encoders, by name; no vector is held.

    Parameters
    ----------
    sources : tuple of Embeddings
        What is known of each, one after the other; their ``vectors`` are empty, [0, D].
    present : bool [n]
        Which galaxies have all of them.
    """

    sources: "tuple[Embeddings, ...]"
    present: np.ndarray

    @property
    def key(self) -> str:
        """The keys of the encoders, joined by " + "; `join` takes it as a name."""
        return _BETWEEN.join(one.key for one in self.sources)

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers in a vector of each."""
        return tuple(one.vectors.shape[1] for one in self.sources)

    def command(self, where: Path | str) -> str:
        """The advice that names the command by which galaxies without a vector get one."""
        fewest = min(self.sources, key=lambda one: int(one.present.sum()))
        return fewest.command(where)


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
    for part in (one.strip() for one in encoder.split("+")):
        if names and part.startswith(("views", "bands-")):
            names[-1] = f"{names[-1]}+{part}"
        else:
            names.append(part)
    return names


def join(collection: Any, encoder: str | Sequence[str] | None) -> Joined:
    """Find the stored vectors that a name, ``a+b``, or several names mean.

    A name that holds a plus of its own (a file's) is tried whole first.

    Raises
    ------
    EmbeddingError
        When one of them has none, or no galaxy has all; the remedy is the command that makes them.
    """
    if encoder is None or isinstance(encoder, str):
        keys = keys_of(collection, encoder)
    else:
        keys = [key for name in encoder for key in keys_of(collection, name)]
    sources = tuple(_source(collection, key) for key in dict.fromkeys(keys))
    present = np.logical_and.reduce([one.present for one in sources])
    joined = Joined(sources, present)
    if not present.any():
        told = "a vector" if len(sources) == 1 else "vectors of all"
        raise EmbeddingError(
            f"no galaxy has {told} of {', '.join(one.key for one in sources)}",
            where=str(collection.path),
            remedy=joined.command(collection.path),
        )
    return joined


def keys_of(collection: Any, encoder: str | None) -> list[str]:
    """The keys of the stored vectors that a name, or ``a+b``, means; `EmbeddingError` when there are none."""
    from tuningfork.embeddings.keys import resolve_key

    try:
        return [resolve_key(collection, encoder)]
    except EmbeddingError:
        names = names_of(encoder)
        if len(names) == 1:
            raise
    return [resolve_key(collection, name) for name in names]


def _source(collection: Any, key: str) -> "Embeddings":
    from tuningfork.embeddings import Embeddings

    table = collection.vector_table(key)
    width, present = table.outline(collection.id_column())
    return Embeddings(key, np.empty((0, width), np.float32), present, table.metadata)
