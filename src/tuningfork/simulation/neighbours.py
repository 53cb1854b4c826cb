"""What stands around a galaxy on the sky: fainter galaxies and stars of our own."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Neighbour", "draw_neighbours"]

_GALAXIES = 0.0055  # per square arcsec down to r = 23: 20 in a square arcmin
_STARS = 0.0012  # per square arcsec down to r = 22: 4 in a square arcmin, away from the Milky Way
_FAINT_GALAXY, _FAINT_STAR, _BRIGHT_STAR = 23.0, 22.0, 16.0
_STEEP, _FLAT = 0.35, 0.15  # growth of the logarithm of counts with magnitude, galaxies and stars
_RIM = 3.0  # arcsec beyond the stamp from which light still reaches it


@dataclass(frozen=True)
class Neighbour:
    """A galaxy (exponential) or a star (``r50`` 0) at ``x``, ``y`` arcsec from the stamp's middle.

    ``colour`` is the share of young stars of a galaxy, the warmth of a star (`colours.star`).
    """

    x: float
    y: float
    mag: float
    r50: float
    axis_ratio: float
    position_angle: float
    colour: float
    redshift: float


def draw_neighbours(rng: np.random.Generator, field: float) -> tuple[Neighbour, ...]:
    """As many as counts on the sky have them, none of the galaxies brighter than r = 17."""
    side = field + 2 * _RIM
    galaxies, stars = rng.poisson(_GALAXIES * side**2), rng.poisson(_STARS * side**2)
    out = []
    for number in range(galaxies + stars):
        x, y = rng.uniform(-side / 2, side / 2, 2)
        if number < galaxies:
            mag = _magnitude(rng, _STEEP, 17.0, _FAINT_GALAXY)
            r50 = np.clip(0.75 * 10 ** (-0.12 * (mag - 21)) * np.exp(rng.normal(0, 0.35)), 0.15, 3)
        else:
            mag, r50 = _magnitude(rng, _FLAT, _BRIGHT_STAR, _FAINT_STAR), 0.0
        out.append(
            Neighbour(
                float(x),
                float(y),
                mag,
                float(r50),
                axis_ratio=float(rng.uniform(0.3, 1)),
                position_angle=float(rng.uniform(0, 180)),
                colour=float(rng.beta(0.8, 1.0)),
                redshift=float(rng.uniform(0.1, 0.6)),
            )
        )
    return tuple(out)


def _magnitude(rng: np.random.Generator, slope: float, bright: float, faint: float) -> float:
    low, high = 10 ** (slope * (bright - faint)), 1.0
    return float(faint + np.log10(rng.uniform(low, high)) / slope)
