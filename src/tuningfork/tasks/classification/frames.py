"""The labelled galaxies of a training in memory: decoded once, as small pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError
from tuningfork.tasks.training_view import TrainingView, frames_of

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LabelledFrames", "read_frames"]

_AT_ONCE = 64


@dataclass(frozen=True)
class LabelledFrames:
    """Pictures with classes.

    Parameters
    ----------
    pixels : Tensor
        (N, C, F, F) uint8.
    radii : Tensor
        (N,) radius of each galaxy, as a fraction of the side.
    codes : Tensor
        (N,) int64 number of the class; or (N, M) float32 of what else is wanted.
    left_out : tuple of (int, str)
        Row and reason of galaxies that could not be read.
    """

    pixels: "Tensor"
    radii: "Tensor"
    codes: "Tensor"
    left_out: tuple[tuple[int, str], ...] = ()
    rows: "np.ndarray | None" = None  # (N,) of the collection
    draw: "np.ndarray | None" = None  # (N,) chance of each to be drawn, whatever the settings say
    labelled: int | None = None  # the first so many have labels, where not all do

    def __len__(self) -> int:
        return len(self.codes) if self.labelled is None else self.labelled

    def scaling(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each band, in units of the full range."""
        import torch

        levels = torch.arange(256, dtype=torch.float64) / 255
        mean, std = [], []
        for band in self.pixels.unbind(1):  # counted by level: as floats they would be four times as large
            counts = sum(torch.bincount(some.flatten(), minlength=256) for some in band.split(_AT_ONCE))
            share = counts / band.numel()
            middle = (share * levels).sum()
            mean.append(round(float(middle), 4))
            std.append(max(round(float((share * (levels - middle).square()).sum().sqrt()), 4), 1e-3))
        return tuple(mean), tuple(std)


def read_frames(view: TrainingView, rows: np.ndarray, codes: np.ndarray, frame: int) -> LabelledFrames:
    """Decode rows of the view's only collection, 64 at a time.

    Parameters
    ----------
    view : TrainingView
        Of one collection.
    rows, codes : ndarray
        (n,) rows, and the numbers of their classes; or (n, M) floats of what else is wanted.
    frame : int
        Side that every stamp is brought to.

    Raises
    ------
    DataError
        Not one of them can be read.
    """
    import torch

    pixels, radii, kept, left_out = [], [], [], []
    for start in range(0, len(rows), _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, len(rows)))
        stamps, there, refused = _readable(view, rows, places)
        left_out += refused
        if stamps:
            made, extent = frames_of(stamps, frame)
            pixels.append(made)
            radii.append(extent)
            kept += there
    if not kept:
        why = left_out[0][1] if left_out else "no galaxies were given"
        raise DataError(f"nothing to learn from: {why}", where=view.collections[0].name)
    kind = np.float32 if codes.dtype.kind == "f" else np.int64
    chosen = torch.from_numpy(codes[np.array(kept)].astype(kind))
    return LabelledFrames(torch.cat(pixels), torch.cat(radii), chosen, tuple(left_out), rows[np.array(kept)])


def _readable(view: TrainingView, rows: np.ndarray, places: np.ndarray) -> tuple[list, list, list]:
    """Stamps that can be read, their places, and row and reason of the others."""
    try:
        return view.stamps(rows[places]), places.tolist(), []
    except DataError as error:
        if len(places) == 1:
            return [], [], [(int(rows[places[0]]), str(error))]
    stamps, there, refused = [], [], []
    for place in np.split(places, len(places)):
        for every, one in zip((stamps, there, refused), _readable(view, rows, place), strict=True):
            every.extend(one)
    return stamps, there, refused
