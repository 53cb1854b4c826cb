"""What a teacher says of the galaxies that a pupil learns from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.tasks.training_view import TrainingView

__all__ = ["targets_of", "teach"]

_VIEWS, _DIRECTIONS = 8, 128


def teach(view: TrainingView, teacher: str, bands: Sequence[str] | None, *, quiet: bool) -> list[str]:
    """Embed the collections with the teacher, a mean of 8 views each; the keys of its vectors."""
    from tuningfork.embeddings import embed

    return [embed(c, teacher, views=_VIEWS, bands=bands, quiet=quiet).key for c in view.collections]


def targets_of(view: TrainingView, keys: Sequence[str], dim: int) -> Any:
    """The teacher's embeddings, ``[n, dim]``: their 128 strongest directions, half whitened.

    Turned at random at the end, so that no single number carries more than others: whoever standardises the
    numbers, as linear probes do, shall not blow up the faint directions.

    Raises
    ------
    DataError
        A galaxy has no embedding of the teacher's.
    """
    import torch

    from tuningfork.embeddings import load_embeddings

    parts = []
    for number, collection in enumerate(view.collections):
        stored = load_embeddings(collection, keys[number])
        rows = view.row[view.owner == number]
        if not stored.present[rows].all():
            raise DataError("some galaxies could not be embedded by the teacher", where=collection.name)
        parts.append(stored.vectors[rows])
    every = torch.from_numpy(np.concatenate(parts))
    every = every - every.mean(0)
    variance, axes = torch.linalg.eigh(every.T @ every / len(every))
    strongest = variance.argsort(descending=True)[: min(_DIRECTIONS, dim)]
    half_white = axes[:, strongest] * variance[strongest].clamp(min=1e-12) ** -0.25
    chance = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(dim, len(strongest), generator=chance))[0].T
    turned = every @ half_white @ turn
    return turned / turned.std()
