"""Disks as they are seen from above: arms along logarithmic spirals, bars, rings, clumps of young stars."""

import numpy as np

from tuningfork.simulation.bodies import Body
from tuningfork.simulation.grid import Grid

__all__ = ["disk_layers"]

_SCALE = 1 / 1.678  # scale length of an exponential disk over its half-light radius
_TEXTURE = 64  # cells of the clumps, in the logarithm of the radius and around


def disk_layers(body: Body, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Old and young stars of a disk, bar and ring; each of the two layers has a flux of one.

    Arms are places where ``arms * (phi - ln(R / R0) / tan(pitch))`` is near a whole turn: logarithmic
    spirals, as the arms of galaxies nearly are (Kennicutt 1981, AJ 86, 1847). Young stars lie on them in
    clumps that are drawn out along them; old ones follow weakly.

    Returns
    -------
    old, young : ndarray (side, side)
        What lies beyond the grid is missing from their sums.
    """
    along, across = in_plane(body, grid)
    radius = np.sqrt(along**2 + across**2) + np.float32(1e-3)
    scale = body.r50 * _SCALE
    disk = np.exp(-radius / np.float32(scale))
    whole = 2 * np.pi * scale**2 * body.axis_ratio / grid.step**2
    winds, phase = _phase(body, radius, np.arctan2(across, along), scale)
    clumps = _clumps(body, radius / np.float32(scale), phase)
    old, young = disk, disk * clumps
    if body.arms:
        ridge = np.exp(np.float32(body.contrast) * (np.cos(winds) - 1))
        inside = np.float32(body.bar_length or 0.5 * scale)
        begun = 1 / (1 + np.exp(-(radius - inside) / (np.float32(0.2) * inside)))
        old = old * (1 + np.float32(0.8) * begun * (ridge - ridge.mean()))
        young = young * (np.float32(0.06) + begun * ridge)
    if body.ring_radius:
        width = np.float32(0.16 * body.ring_radius)
        annulus = np.exp(-0.5 * ((radius - np.float32(body.ring_radius)) / width) ** 2)
        annulus *= np.float32(1.8 * np.exp(-body.ring_radius / scale) + 0.05)
        old, young = old + np.float32(0.5) * annulus, np.float32(0.35) * young + annulus * clumps
    old, young = (layer * (disk.sum() / layer.sum() / whole) for layer in (old, young))
    if body.bar_length:
        old = (1 - np.float32(body.bar_share)) * old + np.float32(body.bar_share) * _bar(body, along, across)
    return old.astype(np.float32), young.astype(np.float32)


def in_plane(body: Body, grid: Grid, *, seen: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Positions along the major axis and across it: in the disk's plane, or as ``seen`` on the sky."""
    turn = np.radians(body.position_angle)
    x, y = grid.x - np.float32(body.x), grid.y - np.float32(body.y)
    along = np.float32(-np.sin(turn)) * x + np.float32(np.cos(turn)) * y
    across = np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y
    return along, across if seen else across / np.float32(body.axis_ratio)


def _phase(body: Body, radius: np.ndarray, angle: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Where in an arm (0: on its ridge), and the same without its number of arms, both in radians."""
    pitch = np.radians(body.pitch or 25.0)
    start = body.bar_length or scale
    turned = angle - np.float32(np.radians(body.bar_angle))
    spiral = turned + np.float32(body.winding / np.tan(pitch)) * np.log(radius / np.float32(start))
    chance = np.random.default_rng([body.texture, 1])
    for wave in (1, 2, 3):  # no real arm is a perfect spiral
        size, where = chance.normal(0, 0.16 / wave), chance.uniform(0, 2 * np.pi)
        spiral = spiral + np.float32(size) * np.sin(
            np.float32(wave) * radius / np.float32(scale) + turned + np.float32(where)
        )
    return body.arms * spiral, spiral


def _clumps(body: Body, radius: np.ndarray, spiral: np.ndarray) -> np.ndarray:
    """Factors around one, longer along the arms than across; the same for the same texture."""
    import cv2

    chance = np.random.default_rng([body.texture, 2])
    cells = chance.normal(0, 1, (_TEXTURE, _TEXTURE)).astype(np.float32)
    soft = cv2.GaussianBlur(np.tile(cells, (3, 3)), (0, 0), sigmaX=1.6, sigmaY=1.0)
    soft = soft[_TEXTURE : 2 * _TEXTURE, _TEXTURE : 2 * _TEXTURE]
    soft = np.float32(body.clumps) * soft / soft.std()
    cells = np.exp(soft - np.float32(body.clumps) ** 2 / 2)
    across = np.float32(_TEXTURE / 5) * np.log1p(radius * 4)
    around = spiral * np.float32(_TEXTURE / (2 * np.pi))
    return cv2.remap(cells, around, across, cv2.INTER_LINEAR, None, cv2.BORDER_WRAP)


def _bar(body: Body, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """A boxy ellipse, flat inside and falling at its ends, of flux one."""
    turn = np.float32(np.radians(body.bar_angle))
    length = np.abs(along * np.cos(turn) + across * np.sin(turn)) / np.float32(body.bar_length)
    width = np.abs(across * np.cos(turn) - along * np.sin(turn)) / np.float32(0.22 * body.bar_length)
    bar = np.exp(-((length**2.5 + width**2.5) ** np.float32(0.9)))
    return bar / bar.sum()
