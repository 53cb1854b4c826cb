"""The fine grid on which GalSim's profiles lack: arms, bars, rings, dust, streams, arcs."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["FINER", "Grid", "add_blob", "add_point", "grid_of"]

FINER = 2  # pixels of the grid per pixel of the stamp
_MARGIN = 8  # pixels of the stamp on each side, for light that the seeing brings in


@dataclass(frozen=True)
class Grid:
    """Positions of pixel centres, arcsec from the stamp's middle; x to the right, y up."""

    side: int
    step: float  # arcsec
    x: np.ndarray  # [1, side]
    y: np.ndarray  # [side, 1]
    first: int  # the grid's pixel at the middle of the stamp's first one

    def column(self, x: float) -> float:
        """The column, with fractions, of a position in arcsec; the row of a y as well."""
        return float((x - self.x[0, 0]) / self.step)


@lru_cache(maxsize=8)
def grid_of(size: int, pixel_scale: float) -> Grid:
    """The grid under a stamp: every `FINER`-th of its pixels lies at the middle of one of the stamp's."""
    from scipy.fft import next_fast_len

    step = pixel_scale / FINER
    side = next_fast_len(FINER * (size + 2 * _MARGIN), real=True)
    first = FINER * _MARGIN
    offsets = (np.arange(side, dtype=np.float32) - first) * np.float32(step)
    offsets -= np.float32((size - 1) / 2 * pixel_scale)
    return Grid(side, step, offsets[None], offsets[:, None], first)


def add_point(layers: np.ndarray, grid: Grid, x: float, y: float, flux: np.ndarray) -> None:
    """Add a point of light of so much ``flux`` in each of ``layers`` [bands, side, side], spread over
    four pixels; nothing where it lies outside."""
    column, row = grid.column(x), grid.column(y)
    j, i = int(np.floor(column)), int(np.floor(row))
    if not (0 <= i < grid.side - 1 and 0 <= j < grid.side - 1):
        return
    b, a = column - j, row - i
    layers[:, i : i + 2, j : j + 2] += flux[:, None, None] * np.outer([1 - a, a], [1 - b, b])


def add_blob(
    layers: np.ndarray,
    grid: Grid,
    where: tuple[float, float],
    shape: tuple[float, float, float],
    flux: np.ndarray,
    *,
    gaussian: bool = False,
) -> None:
    """Add an exponential (or Gaussian) ellipse of so much flux.

    Parameters
    ----------
    layers : ndarray (bands, side, side)
        Changed in place.
    grid : Grid
    where : (float, float)
        x and y, arcsec.
    shape : (float, float, float)
        Scale length or sigma (arcsec), axis ratio, position angle (degrees, north through east).
    flux : ndarray (bands,)
    gaussian : bool
    """
    scale, ratio, angle = shape
    scale = max(scale, 0.6 * grid.step)  # smaller than a pixel: the seeing hides it
    reach = int(np.ceil((3.5 if gaussian else 6.5) * scale / grid.step)) + 1
    column, row = round(grid.column(where[0])), round(grid.column(where[1]))
    left, right = max(0, column - reach), min(grid.side, column + reach + 1)
    low, high = max(0, row - reach), min(grid.side, row + reach + 1)
    if left >= right or low >= high:
        return
    turn = np.radians(angle)
    x = grid.x[:, left:right] - np.float32(where[0])
    y = grid.y[low:high] - np.float32(where[1])
    along = -np.sin(turn) * x + np.cos(turn) * y
    across = (np.cos(turn) * x + np.sin(turn) * y) / max(ratio, 0.6 * grid.step / scale)
    square = (along**2 + across**2) / scale**2
    profile = np.exp(-0.5 * square) if gaussian else np.exp(-np.sqrt(square))
    whole = 2 * np.pi * scale**2 * max(ratio, 0.6 * grid.step / scale) / grid.step**2
    layers[:, low:high, left:right] += (flux / whole).astype(np.float32)[:, None, None] * profile
