"""Light bent by a galaxy: images of a source behind a singular isothermal ellipsoid."""

import numpy as np

from tuningfork.simulation.grid import Grid
from tuningfork.simulation.truth import Lens

__all__ = ["arc_layer", "deflection"]


def deflection(x: np.ndarray, y: np.ndarray, einstein_radius: float, axis_ratio: float) -> tuple:
    """Deflection angles of a singular isothermal ellipsoid whose major axis lies along x.

    Kormann, Schneider & Bartelmann 1994 (A&A 284, 285), equation 27, with the radius of the circle of the
    same area: ``b sqrt(q / (1 - q**2))`` times arctan and artanh of the rescaled position.

    Parameters
    ----------
    x, y : ndarray
        Arcsec from the lens.
    einstein_radius : float
        Arcsec.
    axis_ratio : float
        Minor over major, below 1.

    Returns
    -------
    along_x, along_y : ndarray
        Arcsec; the source is seen at ``x - along_x``, ``y - along_y``.
    """
    ratio = min(axis_ratio, 0.999)
    flat = np.sqrt(1 - ratio**2)
    reach = np.sqrt(ratio**2 * x**2 + y**2) + 1e-6
    factor = einstein_radius * np.sqrt(ratio) / flat
    return factor * np.arctan(flat * x / reach), factor * np.arctanh(flat * y / reach)


def arc_layer(lens: Lens, grid: Grid, x: float, y: float) -> np.ndarray:
    """All images of the source behind a lens at ``x``, ``y``, of flux one."""
    turn = np.radians(lens.position_angle + 90)
    right, up = grid.x - x, grid.y - y
    along = np.cos(turn) * right + np.sin(turn) * up
    across = np.cos(turn) * up - np.sin(turn) * right
    bent_along, bent_across = deflection(along, across, lens.einstein_radius, lens.axis_ratio)
    u = along - bent_along - lens.source_x
    v = (across - bent_across - lens.source_y) / lens.source_q
    scale = lens.source_r50 / 1.678
    image = np.exp(-np.sqrt(u**2 + v**2) / scale)
    return (image / image.sum()).astype(np.float32)
