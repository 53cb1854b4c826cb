"""What a network is asked for: how many numbers, the loss of a batch, and scores on held-out galaxies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tuningfork.errors import UnknownNameError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ClassTarget", "Target"]

_SCORES = ("accuracy", "balanced_accuracy", "macro_f1", "loss")


class Target(Protocol):
    """What the outputs of a network mean.

    Attributes
    ----------
    outputs : sequence of str
        One name for each number that the network gives.
    by : str
        Which score says what is best.
    rising : bool
        Whether more of it is better.
    """

    @property
    def outputs(self) -> Sequence[str]: ...
    @property
    def by(self) -> str: ...
    @property
    def rising(self) -> bool: ...

    def loss(self, outputs: "Tensor", wanted: "Tensor") -> "Tensor":
        """Of a batch: outputs (n, K) float32 and what was wanted (n,) or (n, M)."""
        ...

    def scores(self, outputs: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
        """Of held-out galaxies; a row of outputs is NaN where the stamp cannot be read."""
        ...


@dataclass(frozen=True)
class ClassTarget:
    """One of several classes, by cross-entropy.

    Parameters
    ----------
    classes : tuple of str
    smoothing : float
        Labels are 1 - a on the target and a / (K - 1) elsewhere (Ma 2023, eq. 5).
    weights : tuple of float, optional
        Of each class in the loss, a weighted mean over the batch.
    """

    classes: tuple[str, ...]
    smoothing: float = 0.0
    weights: tuple[float, ...] | None = None
    by: str = "macro_f1"

    def __post_init__(self) -> None:
        if self.by not in _SCORES:
            raise UnknownNameError("score", self.by, _SCORES)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The classes."""
        return self.classes

    @property
    def rising(self) -> bool:
        """Of every score but the loss more is better."""
        return self.by != "loss"

    def loss(self, outputs: "Tensor", wanted: "Tensor") -> "Tensor":
        """Cross-entropy; torch spreads its smoothing over all K classes, the target too, hence the factor."""
        import torch.nn.functional as F

        weights = None if self.weights is None else outputs.new_tensor(self.weights)
        if wanted.is_floating_point():  # shares of the classes, smoothed where they were labels
            return F.cross_entropy(outputs, wanted, weights)
        spread = self.smoothing * len(self.classes) / (len(self.classes) - 1)
        return F.cross_entropy(outputs, wanted, weights, label_smoothing=spread)

    def scores(self, outputs: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
        """Accuracy, balanced accuracy, macro-F1 over the classes that occur, and the loss in nats, plain."""
        from sklearn.metrics import f1_score, recall_score

        known = np.isfinite(outputs).all(axis=1)
        said = np.where(known, np.nan_to_num(outputs).argmax(axis=1), -1)
        given: dict[str, Any] = {
            "labels": sorted(set(wanted.tolist())),
            "average": "macro",
            "zero_division": 0,
        }
        shifted = outputs[known] - outputs[known].max(axis=1, keepdims=True, initial=-np.inf)
        likely = shifted[np.arange(len(shifted)), wanted[known]] - np.log(np.exp(shifted).sum(axis=1))
        return {
            "accuracy": float((said == wanted).mean()),
            "balanced_accuracy": float(recall_score(wanted, said, **given)),
            "macro_f1": float(f1_score(wanted, said, **given)),
            "loss": float(-likely.mean()) if len(likely) else float("nan"),
        }
