"""Galaxies without labels that a training also learns from: of each it is told how likely its classes are."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.labels.weights import sample_weights, smoothed

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.frames import LabelledFrames

__all__ = ["Taught", "with_taught"]

_SHARE = 0.5  # of every batch, for them


@dataclass(frozen=True)
class Taught:
    """What teachers say of galaxies.

    Parameters
    ----------
    collections : tuple of Collection
    rows : tuple of ndarray
        (m,) rows of each collection.
    shares : ndarray
        (M, K) float32, how likely each class is to the teachers; the galaxies of all collections in order.
    classes : tuple of str
        Of the columns of ``shares``.
    """

    collections: "tuple[Collection, ...]"
    rows: tuple[np.ndarray, ...]
    shares: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.shares)

    def of(self, classes: tuple[str, ...]) -> np.ndarray:
        """The shares with their columns in this order; `UsageError` for other classes."""
        if set(classes) != set(self.classes):
            raise UsageError(
                f"the teachers tell {', '.join(self.classes)}, and the labels {', '.join(classes)}",
                remedy="Take teachers of the same classes",
            )
        return self.shares[:, [self.classes.index(name) for name in classes]]


def with_taught(
    frames: "LabelledFrames", taught: "LabelledFrames", classes: int, sampling: str | None, smoothing: float
) -> "LabelledFrames":
    """Labelled galaxies and taught ones as one set, of which half of every batch is taught.

    Within each half galaxies are drawn by ``sampling``, taught ones by the class that is likeliest.

    Parameters
    ----------
    frames, taught : LabelledFrames
        With numbers of classes, and with (M, K) shares.
    classes : int
    sampling : str, optional
        As in `tuningfork.tasks.classification.settings.ClassifierSettings`; None draws all alike.
    smoothing : float
        Of the labels, which become shares as well.
    """
    import torch

    codes = frames.codes.numpy()
    likeliest = taught.codes.numpy().argmax(axis=1)
    _, likeliest = np.unique(likeliest, return_inverse=True)  # a class that no teacher sees has no weight
    halves = (1 - _SHARE, codes), (_SHARE, likeliest)
    draw = np.concatenate([part * sample_weights(own, sampling or "plain") for part, own in halves])
    wanted = torch.from_numpy(smoothed(codes, classes, smoothing).astype(np.float32))
    assert frames.rows is not None
    assert taught.rows is not None
    return replace(
        frames,
        pixels=torch.cat([frames.pixels, taught.pixels]),
        radii=torch.cat([frames.radii, taught.radii]),
        codes=torch.cat([wanted, taught.codes]),
        rows=np.concatenate([frames.rows, taught.rows]),
        draw=draw / draw.sum(),
        labelled=len(codes),
    )
