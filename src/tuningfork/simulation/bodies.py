"""Bodies of galaxies: which sizes, shapes and stars each type has, and how they are drawn."""

from dataclasses import dataclass, replace

import numpy as np

from tuningfork.simulation.colours import population
from tuningfork.simulation.surveys import ZERO_POINT

__all__ = ["Body", "draw_body", "draw_luminosity"]

_SPEED_OF_LIGHT, _HUBBLE, _DECELERATION = 299_792.458, 70.0, -0.55
_SMALLEST, _SMALLEST_DISK = 1.2, 2.0  # arcsec of half-light radius; smaller disks show no structure
_PER_FIELD = 7.5  # a stamp is at least so many half-light radii wide
_BRIGHTEST, _FAINTEST = 14.0, 17.0  # in r; the limit of Galaxy Zoo 2
_TRIES = 200


@dataclass(frozen=True)
class Body:
    """One galaxy's own light. Lengths in arcsec, angles in degrees, counted from north through east.

    Attributes
    ----------
    shape : str
        ``smooth`` (one Sersic profile), ``disk`` (disk and bulge) or ``edge_on`` (a disk from the side).
    mag : float
        In r, of all its light.
    r50, axis_ratio : float
        Half-light radius along the major axis and axis ratio, of the disk where there is one. Seen from the
        side the ratio is scale height over scale length.
    sersic : float
        Index of the whole, or of the bulge where there is a disk.
    young : float
        Share of young stars in the light in r, of the disk where there is one.
    redder : float
        Added to g - r, by dust or metals.
    winding : int
        +1: arms run outwards anticlockwise as displayed (the letter Z), so that a disk whose arms trail turns
        clockwise; -1: the letter S.
    contrast : float
        How narrow arms are: the concentration of a von Mises profile across them.
    clumps : float
        Scatter of the logarithm of young light along the arms.
    dust : float
        Optical depth in r in the middle of the lane, of disks from the side.
    texture : int
        Seed of the clumps.
    """

    shape: str
    mag: float
    r50: float
    axis_ratio: float
    position_angle: float
    sersic: float
    bulge_total: float = 0.0
    young: float = 0.0
    redder: float = 0.0
    arms: int = 0
    pitch: float = 0.0
    winding: int = 1
    contrast: float = 0.0
    clumps: float = 0.0
    bar_length: float = 0.0
    bar_share: float = 0.0
    bar_angle: float = 0.0
    ring_radius: float = 0.0
    dust: float = 0.0
    x: float = 0.0
    y: float = 0.0
    texture: int = 0

    def flux(self, band: str, redshift: float) -> float:
        """Of all its light in a band, nanomaggies."""
        return self.bulge_flux(band, redshift) + self.disk_flux(band, redshift)

    def bulge_flux(self, band: str, redshift: float) -> float:
        """Of the bulge, which has old stars alone; 0 where all is one profile."""
        return self._in_r * self.bulge_total * population(band, 0.0, redshift, self.redder)

    def disk_flux(self, band: str, redshift: float) -> float:
        """Of all but the bulge."""
        return self._in_r * (1 - self.bulge_total) * population(band, self.young, redshift, self.redder)

    @property
    def _in_r(self) -> float:
        return 10 ** (0.4 * (ZERO_POINT - self.mag))

    def moved(self, x: float, y: float) -> "Body":
        """The same, elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)


def draw_luminosity(rng: np.random.Generator, kind: str, field: float) -> tuple[float, float, float, float]:
    """Redshift, absolute magnitude, magnitude in r and half-light radius (arcsec), of a sample to 17.

    Counts grow as 10**(0.4 m), slower than the 0.6 of empty space because large galaxies are kept. Absolute
    magnitudes are those of a flux-limited sample, a bell around -21.3; sizes follow the relations of Shen et
    al. 2003 (MNRAS 343, 978, equations 14 and 15, half-light radii in r) and dim with distance as the
    expansion has it. Lenses are massive and farther. Galaxies smaller than 1.2 arcsec (disks: 2), or too
    large for the stamp, are drawn again.
    """
    early = kind in ("round", "in_between", "lens")
    smallest = _SMALLEST if early or kind == "merger" else _SMALLEST_DISK
    largest = field / _PER_FIELD
    smallest = min(smallest, 0.6 * largest)
    z = absolute = mag = r50 = 0.0
    for _ in range(_TRIES):
        if kind == "lens":
            absolute, z = rng.normal(-23.0, 0.3), rng.uniform(0.2, 0.45)
            mag = absolute + _distance_modulus(z) + z
        else:
            absolute = rng.normal(-21.3, 0.75)
            low, high = 10 ** (0.4 * _BRIGHTEST), 10 ** (0.4 * _FAINTEST)
            mag = 2.5 * np.log10(rng.uniform(low, high))
            z = _redshift(mag - absolute)
        r50 = _radius(absolute, early) * np.exp(rng.normal(0, 0.3)) / _kpc_per_arcsec(z)
        if smallest <= r50 <= largest:
            break
    return float(z), float(absolute), float(mag), float(np.clip(r50, smallest, largest))


def _distance(z: float) -> float:
    """Comoving, Mpc, to second order in redshift: 0.5 % at 0.3."""
    return _SPEED_OF_LIGHT * z / _HUBBLE * (1 - 0.5 * (1 + _DECELERATION) * z)


def _distance_modulus(z: float) -> float:
    return 5 * np.log10(_distance(z) * (1 + z)) + 25


def _redshift(faintness: float) -> float:
    """Where distance and band shift (K = z) dim by so many magnitudes."""
    grid = np.geomspace(0.003, 0.6, 200)
    return float(np.interp(faintness, _distance_modulus(grid) + grid, grid))


def _kpc_per_arcsec(z: float) -> float:
    return _distance(z) / (1 + z) * 1000 / 206_265


def _radius(absolute: float, early: bool) -> float:
    """kpc."""
    if early:
        return 10 ** (-0.4 * 0.65 * absolute - 5.06)
    faint, bright, knee = 0.26, 0.51, -20.91
    bend = (bright - faint) * np.log10(1 + 10 ** (-0.4 * (absolute - knee)))
    # theirs are radii of circles, of the whole: the disk alone, along its major axis, is some 30 % larger
    return 1.3 * 10 ** (-0.4 * faint * absolute + bend - 1.71)


def draw_body(
    rng: np.random.Generator, kind: str, mag: float, r50: float, where: tuple[float, float]
) -> Body:
    """A body of a type (of `truth.TYPES`); a merger's is smooth or a spiral.

    Axis ratios: round 0.82 to 1, in between 0.5 to 0.82, cigars 0.2 to 0.42, disks that are seen as such 0.45
    to 1 (uniform, as of discs turned at random), scale height over length from the side 0.1 to 0.25. One in
    five smooth galaxies is a disk of young stars without structure. Arms: 2 in 60 %; pitch angles 18 +- 6
    degrees, with bulges that shrink as arms open (the Hubble sequence).
    """
    if kind == "merger":
        kind = str(rng.choice(["in_between", "spiral"], p=[0.35, 0.65]))
    common = {
        "mag": float(mag),
        "r50": float(r50),
        "position_angle": float(rng.uniform(0, 180)),
        "redder": float(rng.normal(0, 0.035)),
        "x": float(where[0]),
        "y": float(where[1]),
        "texture": int(rng.integers(1 << 31)),
    }
    if kind in ("round", "in_between", "cigar", "lens"):
        return Body(shape="smooth", **_smooth(rng, kind), **common)
    if kind == "edge_on":
        return Body(shape="edge_on", **_edge_on(rng), **common)
    return Body(shape="disk", **_disk(rng, kind, r50), **common)


_FLATTENING = {"round": (0.82, 1.0), "in_between": (0.5, 0.82), "cigar": (0.2, 0.42), "lens": (0.65, 0.98)}


def _smooth(rng: np.random.Generator, kind: str) -> dict[str, float]:
    disky = kind != "lens" and rng.random() < 0.2
    middle, scatter = (1.2, 0.3) if disky else (1.8, 0.5) if kind == "cigar" else (4.0, 0.8)
    return {
        "axis_ratio": float(rng.uniform(*_FLATTENING[kind])),
        "sersic": round(float(np.clip(rng.normal(middle, scatter), 0.7, 5.5)), 1),
        "young": float(rng.uniform(0.3, 0.9) if disky else abs(rng.normal(0, 0.06))),
    }


def _edge_on(rng: np.random.Generator) -> dict[str, float]:
    bulge = float(np.clip(rng.normal(0.1, 0.1), 0, 0.4))
    return {
        "axis_ratio": float(rng.uniform(0.1, 0.24)),
        "sersic": round(float(rng.uniform(1, 2.5)), 1),
        "bulge_total": bulge,
        "young": float(np.clip(rng.normal(0.35, 0.25) - bulge / 2, 0, 1)),
        "dust": float(rng.uniform(0.3, 2.0) if rng.random() < 0.6 else 0),
    }


def _disk(rng: np.random.Generator, kind: str, r50: float) -> dict[str, float]:
    pitch = float(np.clip(rng.normal(18, 6), 8, 38))
    bulge = float(np.clip(0.34 - 0.013 * (pitch - 8) + rng.normal(0, 0.06), 0.02, 0.5))
    told: dict[str, float] = {
        "axis_ratio": float(rng.uniform(0.45, 1)),
        "sersic": round(float(rng.uniform(1.2, 3.5)), 1),
        "bulge_total": bulge,
        "young": float(np.clip(rng.normal(0.65, 0.2) - bulge, 0.15, 0.95)),
        "clumps": float(rng.uniform(0.4, 0.9)),
    }
    if kind == "ring":
        told["ring_radius"] = r50 * float(rng.uniform(0.9, 1.8))
    if kind != "ring" or rng.random() < 0.4:
        told |= {
            "arms": int(rng.choice([2, 3, 4, 5], p=[0.6, 0.15, 0.15, 0.1])),
            "pitch": pitch,
            "winding": 1 if rng.random() < 0.5 else -1,
            "contrast": float(rng.uniform(1.5, 7.0)),
        }
    if kind == "barred_spiral" or (kind == "ring" and rng.random() < 0.4):
        told |= {
            "bar_length": r50 * float(rng.uniform(0.45, 0.95)),
            "bar_share": float(rng.uniform(0.3, 0.6)),
            "bar_angle": float(rng.uniform(0, 180)),
            "arms": 2 if "arms" in told else 0,
            "bulge_total": 0.6 * bulge,
        }
    return told
