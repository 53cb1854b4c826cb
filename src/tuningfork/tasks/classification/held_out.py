"""Galaxies held out of a training that say after every pass how good it is; the best weights are kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.files import write_atomically

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.classifier import Classifier

__all__ = ["COLUMN", "HeldOut"]

COLUMN = "held_out_macro_f1"  # of the run's metrics.csv


class HeldOut:
    """Labelled galaxies that nothing is learnt from.

    Parameters
    ----------
    collection : Collection
    rows, labels : ndarray
        (n,) rows, and their classes as text.
    file : Path
        Where the weights of the best pass are kept.
    """

    def __init__(self, collection: "Collection", rows: np.ndarray, labels: np.ndarray, file: Path):
        self.collection, self.rows, self.labels, self.file = collection, rows, labels.astype(str), file

    def judge(self, classifier: "Classifier") -> dict[str, float]:
        """The macro-F1 of a classifier; its weights are kept when none was better."""
        from safetensors.torch import save
        from sklearn.metrics import f1_score

        said = classifier.predict(self.collection, self.rows).astype(str)
        known = sorted(set(self.labels))
        score = float(f1_score(self.labels, said, labels=known, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType]
        if score > self._kept():
            tensors = {name: t.contiguous() for name, t in classifier.network.network.state_dict().items()}
            write_atomically(self.file, save(tensors, {"score": repr(score)}))
        return {COLUMN: score}

    def best(self) -> dict[str, Any]:
        """The weights of the best pass."""
        from safetensors.torch import load_file

        return load_file(self.file)

    def _kept(self) -> float:
        from safetensors import safe_open

        if not self.file.exists():
            return -1.0
        with safe_open(self.file, "pt") as kept:
            return float(kept.metadata()["score"])
