"""Votes as what a network learns: fractions by regression, or counts of a whole decision tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import UnknownNameError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FractionTarget", "TreeTarget"]

_SCORES = ("rmse", "mae", "loss")


@dataclass(frozen=True)
class FractionTarget:
    """Fractions in 0..1, each for itself, by mean squared error; RMSE is the Galaxy Zoo challenge's number.

    Parameters
    ----------
    outputs : tuple of str
        One name for each fraction.
    by : str
        "rmse", "mae" or "loss".
    """

    outputs: tuple[str, ...]
    by: str = "rmse"
    rising: bool = False

    def __post_init__(self) -> None:
        if self.by not in _SCORES:
            raise UnknownNameError("score of votes", self.by, _SCORES)

    def loss(self, outputs: "Tensor", wanted: "Tensor") -> "Tensor":
        """Over the fractions that are known (not NaN)."""
        known = wanted.isfinite()
        off = (outputs.sigmoid() - wanted.nan_to_num(0.0)) * known
        return off.square().sum() / known.sum().clamp(min=1)

    def foretold(self, outputs: np.ndarray) -> np.ndarray:
        """(n, K) fractions."""
        from scipy.special import expit

        return expit(outputs)

    def scores(self, outputs: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
        """RMSE and MAE over the known fractions of galaxies that can be read."""
        return _errors(self.foretold(outputs), wanted)


@dataclass(frozen=True)
class TreeTarget:
    """Counts of votes for all questions of a decision tree, by a Dirichlet-multinomial for each.

    Parameters
    ----------
    outputs : tuple of str
        The answers, ``question.answer``.
    questions : tuple of (int, int)
        Where the answers of each question begin and end.
    by : str
        "loss", "rmse" or "mae".
    """

    outputs: tuple[str, ...]
    questions: tuple[tuple[int, int], ...]
    by: str = "loss"
    rising: bool = False

    def __post_init__(self) -> None:
        if self.by not in _SCORES:
            raise UnknownNameError("score of votes", self.by, _SCORES)

    @property
    def slices(self) -> Sequence[slice]:
        """Where the answers of each question stand."""
        return [slice(*ends) for ends in self.questions]

    def loss(self, outputs: "Tensor", wanted: "Tensor") -> "Tensor":
        """Of counts."""
        from tuningfork.objectives.dirichlet import dirichlet_multinomial

        return dirichlet_multinomial(outputs, wanted, self.slices)

    def foretold(self, outputs: np.ndarray) -> np.ndarray:
        """(n, answers) expected shares of those who are asked."""
        import torch

        from tuningfork.objectives.dirichlet import shares

        return shares(torch.from_numpy(np.asarray(outputs, np.float32)), self.slices).numpy()

    def scores(self, outputs: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
        """RMSE and MAE of the shares where somebody was asked, and the loss."""
        import torch

        known = np.isfinite(outputs).all(axis=1)
        given = torch.from_numpy(outputs[known]), torch.from_numpy(np.asarray(wanted[known], np.float32))
        loss = float(self.loss(*given)) if known.any() else float("nan")
        return {**_errors(self.foretold(outputs), self.fractions(wanted)), "loss": loss}

    def fractions(self, counts: np.ndarray) -> np.ndarray:
        """(n, answers) shares of those who were asked, NaN where nobody was."""
        found = np.full(counts.shape, np.nan)
        for q in self.slices:
            asked = np.nansum(counts[:, q], axis=1, keepdims=True)
            np.divide(np.nan_to_num(counts[:, q]), asked, out=found[:, q], where=asked > 0)
        return found


def _errors(foretold: np.ndarray, known: np.ndarray) -> dict[str, float]:
    off = foretold - known
    off = off[np.isfinite(off)]
    if not len(off):
        return {"rmse": float("nan"), "mae": float("nan")}
    return {"rmse": float(np.sqrt((off**2).mean())), "mae": float(np.abs(off).mean())}
