"""A trained classifier: rows of any collection in, probabilities out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.encoders.contract import Encoder

__all__ = ["Classifier", "outputs_of", "prepared"]

_AT_ONCE = 64


@dataclass(frozen=True)
class Classifier:
    """A network with a head, and what its outputs mean.

    Parameters
    ----------
    classes : tuple of str
        In the order of the probabilities.
    network : Encoder
        Its embedding are the logits; it has the preprocessing of the training.
    half : bool
        Whether it runs in bf16.
    left_out : tuple of (int, str)
        Row and reason of training galaxies that could not be read.
    facts : dict
        What a weights file must say to build the network again, as of `new_network`, and ``outputs``.
    kept : tuple of (float, Path)
        Score and weights of the best passes by held-out galaxies, the best one first.
    """

    classes: tuple[str, ...]
    network: Encoder
    half: bool = False
    left_out: tuple[tuple[int, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    kept: tuple[tuple[float, Path], ...] = ()

    def outputs(self, collection: Any, rows: np.ndarray) -> np.ndarray:
        """(n, classes) float32 logits; a row of NaN where a stamp cannot be read."""
        batches = prepared(collection, self.network, rows)
        return outputs_of(self.network, batches, len(rows), self.half)

    def probabilities(self, collection: Any, rows: np.ndarray) -> np.ndarray:
        """(n, classes) float32; a row of NaN where a stamp cannot be read."""
        from scipy.special import softmax

        return softmax(self.outputs(collection, rows), axis=1).astype(np.float32)

    def predict(self, collection: Any, rows: np.ndarray) -> np.ndarray:
        """(n,) the likeliest class of each, "" where a stamp cannot be read."""
        found = self.outputs(collection, rows)
        known = np.isfinite(found).all(axis=1)
        names = np.array([*self.classes, ""], dtype=object)
        return names[np.where(known, np.nan_to_num(found).argmax(axis=1), len(self.classes))]


def prepared(collection: Any, encoder: Encoder, rows: np.ndarray) -> Iterator[tuple[np.ndarray, Any]]:
    """Places among the rows and prepared stamps ``[k, C, S, S]`` of those that can be read, in batches."""
    from tuningfork.embeddings.prepare import fit_for, prepare_rows

    rows = np.asarray(rows, np.int64)
    fitting = fit_for(collection, encoder)
    for start in range(0, len(rows), _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, len(rows)))
        batch = prepare_rows(collection, encoder, rows[places], fitting)
        if batch.x is not None:
            unread = {row for row, _ in batch.unreadable}
            yield places[np.array([row not in unread for row in rows[places]])], batch.x


def outputs_of(encoder: Encoder, batches: Iterable[tuple[np.ndarray, Any]], n: int, half: bool) -> np.ndarray:
    """(n, K) float32 of what a network with a head says of prepared stamps; NaN in places without one."""
    import torch

    found = np.full((n, encoder.spec.dim), np.nan, np.float32)
    for places, x in batches:
        with torch.inference_mode(), torch.autocast(encoder.device.type, torch.bfloat16, enabled=half):
            found[places] = encoder.embed(x).float().cpu().numpy()
    return found
