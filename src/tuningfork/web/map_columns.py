"""A map as the page gets it: whole numbers in the order of a grid of cells, so that a part is a few runs."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import DataError

__all__ = ["CELLS", "FULL", "MapColumns", "from_bits", "map_columns"]

FULL = 65_535  # places run from 0 to this, on both axes with the same scale
CELLS = 256  # along each side; the page culls and looks for neighbours by them
HOME = (0.5, 99.5)  # percent of the galaxies between which the first view lies: far ones shall not shrink it


@dataclass(frozen=True)
class MapColumns:
    """Points of a map, cell after cell, line of cells after line.

    Parameters
    ----------
    x, y : ndarray
        (n,) uint16; y grows upwards.
    rows : ndarray
        (n,) uint32, rows of the collection.
    home : tuple of int
        Left, bottom, right, top of the first view.
    version : str
        Changes whenever a place does.
    """

    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    home: tuple[int, int, int, int]
    version: str

    def __len__(self) -> int:
        return len(self.rows)

    def data(self) -> bytes:
        """All x, then all y, as little-endian uint16. The page speaks of a point by its place among them."""
        return self.x.astype("<u2").tobytes() + self.y.astype("<u2").tobytes()

    def over_rows(self, values: np.ndarray) -> np.ndarray:
        """Values of the collection's rows, in the order of the points."""
        return values[self.rows]


def map_columns(places: np.ndarray, rows: np.ndarray) -> MapColumns:
    """Bring places into whole numbers and order.

    Parameters
    ----------
    places : ndarray
        (n, 2) float; what is not finite is left out.
    rows : ndarray
        (n,) rows of the collection; what is negative is left out.
    """
    keep = np.isfinite(places).all(axis=1) & (rows >= 0)
    if not keep.all():
        places, rows = places[keep], rows[keep]
    places = places.astype(np.float64)
    if not len(rows):
        raise DataError("no galaxy of the map is in the collection", remedy="Make the map again")
    low, high = places.min(axis=0), places.max(axis=0)
    span = max(float((high - low).max()), 1e-12)
    start = (low + high - span) / 2
    grid = np.clip(np.round((places - start) / span * FULL), 0, FULL).astype(np.uint16)
    cell = grid // (65_536 // CELLS)
    line = cell[:, 1] * np.uint16(CELLS) + cell[:, 0]  # 16 bits hold all cells; NumPy sorts those by radix
    order = np.argsort(line, kind="stable")
    x, y = np.ascontiguousarray(grid[order, 0]), np.ascontiguousarray(grid[order, 1])
    rows = rows[order].astype(np.uint32)
    sides = np.percentile(grid, HOME, axis=0).astype(int)
    mark = hashlib.sha256(x.tobytes() + y.tobytes() + rows.tobytes()).hexdigest()[:12]
    home = (int(sides[0, 0]), int(sides[0, 1]), int(sides[1, 0]), int(sides[1, 1]))
    return MapColumns(x, y, rows, home, mark)


def from_bits(data: bytes, points: int) -> np.ndarray:
    """The points that are members, int64; `DataError` when the length is not that of ``points`` bits."""
    if len(data) != (points + 7) // 8:
        raise DataError("the selection is not one of this map", remedy="Reload the page")
    bits: Any = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    return np.flatnonzero(bits[:points])
