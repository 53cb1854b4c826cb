"""A trained classifier: rows of any collection in, probabilities out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.encoders.contract import Encoder

__all__ = ["Classifier"]

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
    """

    classes: tuple[str, ...]
    network: Encoder
    half: bool = False
    left_out: tuple[tuple[int, str], ...] = ()

    def probabilities(self, collection: Any, rows: np.ndarray) -> np.ndarray:
        """(n, classes) float32; a row of NaN where a stamp cannot be read."""
        import torch

        from tuningfork.embeddings.prepare import fit_for, prepare_rows

        rows = np.asarray(rows, np.int64)
        fitting = fit_for(collection, self.network)
        device = next(self.network.network.parameters()).device
        found = np.full((len(rows), len(self.classes)), np.nan, np.float32)
        for start in range(0, len(rows), _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, len(rows)))
            batch = prepare_rows(collection, self.network, rows[places], fitting)
            if batch.x is None:
                continue
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.half):
                logits = self.network.embed(batch.x.to(device)).float()
            unread = {row for row, _ in batch.unreadable}
            there = np.array([row not in unread for row in rows[places]])
            found[places[there]] = logits.softmax(1).cpu().numpy()
        return found

    def predict(self, collection: Any, rows: np.ndarray) -> np.ndarray:
        """(n,) the likeliest class of each, "" where a stamp cannot be read."""
        found = self.probabilities(collection, rows)
        known = np.isfinite(found).all(axis=1)
        names = np.array([*self.classes, ""], dtype=object)
        return names[np.where(known, np.nan_to_num(found).argmax(axis=1), len(self.classes))]
