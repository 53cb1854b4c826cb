"""Disks from the side, with a bulge and a lane of dust."""

import numpy as np

from tuningfork.simulation.bodies import Body
from tuningfork.simulation.colours import DUST
from tuningfork.simulation.disks import in_plane
from tuningfork.simulation.grid import Grid

__all__ = ["edge_on_layers"]

_SCALE = 1 / 1.678


def edge_on_layers(
    body: Body, grid: Grid, bands: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray | None]]:
    """Disk and bulge, each of flux one, and what dust lets through in every band (None: all).

    The disk is ``(R / h) K1(R / h) sech(z / z0)**2`` (van der Kruit & Searle 1981, A&A 95, 105). The lane
    lies before the disk, a little off its middle, and takes half of what is behind it.
    """
    from scipy.special import k1

    along, across = in_plane(body, grid, seen=True)
    length = body.r50 * _SCALE
    height = body.axis_ratio * length
    ray = np.abs(along) / np.float32(length) + np.float32(1e-3)
    lookup = np.linspace(1e-3, 40, 4000)
    fall = np.interp(ray, lookup, lookup * k1(lookup)).astype(np.float32)
    disk = fall / np.cosh(np.clip(across / np.float32(height), -30, 30)) ** 2
    disk *= np.float32(grid.step**2 / (2 * np.pi * length * height))
    bulge = _bulge(body, along, across, grid)
    if not body.dust:
        return disk, bulge, [None] * len(bands)
    chance = np.random.default_rng([body.texture, 3])
    off, thin = chance.uniform(-0.3, 0.3) * height, np.float32(0.35 * height)
    depth = np.exp(-np.abs(along) / np.float32(1.2 * length) - ((across - np.float32(off)) / thin) ** 2)
    through = [
        (np.float32(0.35) + np.float32(0.65) * np.exp(-np.float32(body.dust * DUST[band]) * depth))
        for band in bands
    ]
    return disk, bulge, through


def _bulge(body: Body, along: np.ndarray, across: np.ndarray, grid: Grid) -> np.ndarray:
    """A Sersic profile, a little flattened; its cusp is soft within half a pixel of the grid."""
    radius = 0.2 * body.r50
    square = along**2 + (across / np.float32(0.7)) ** 2 + np.float32(0.25 * grid.step**2)
    steep = 1.9992 * body.sersic - 0.3271  # Capaccioli 1989
    profile = np.exp(-np.float32(steep) * (square / np.float32(radius**2)) ** np.float32(0.5 / body.sersic))
    return profile / profile.sum()
