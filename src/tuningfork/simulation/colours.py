"""Colours of stars old and young, and of single stars, as observed between redshift 0 and 0.4."""

import numpy as np

__all__ = ["BANDS", "DUST", "population", "star"]

BANDS = ("g", "r", "i", "z")

# Magnitudes less that in r, and their growth with redshift. The old ones lie on the red sequence of SDSS
# (Blanton et al. 2003, ApJ 594, 186: g - r = 0.95 at z = 0.1), the young ones at the blue end of its disks.
_OLD = {"g": (0.74, 2.0), "r": (0.0, 0.0), "i": (-0.37, -0.3), "z": (-0.65, -0.5)}
_YOUNG = {"g": (0.26, 1.0), "r": (0.0, 0.0), "i": (-0.12, -0.2), "z": (-0.16, -0.3)}

# How strongly dust dims each band, r = 1: A/A(V) of Cardelli et al. 1989 with R(V) = 3.1 for DECam's bands.
DUST = {"g": 1.45, "r": 1.0, "i": 0.76, "z": 0.57}


def population(band: str, young: float, redshift: float, redder: float = 0.0) -> float:
    """Flux in a band of stars that have flux 1 in r.

    Parameters
    ----------
    band : str
        One of `BANDS`.
    young : float
        The share of young stars in the light in r, 0 to 1.
    redshift : float
    redder : float
        Added to g - r, and to the other colours as dust would.
    """
    parts = []
    for table in (_OLD, _YOUNG):
        rest, growth = table[band]
        parts.append(10 ** (-0.4 * (rest + growth * redshift)))
    reddening = redder * (DUST[band] - DUST["r"]) / (DUST["g"] - DUST["r"])
    return float(((1 - young) * parts[0] + young * parts[1]) * 10 ** (-0.4 * reddening))


def star(band: str, warmth: float) -> float:
    """Flux in a band of a single star of flux 1 in r; ``warmth`` 0 is an F star, 1 a late M dwarf.

    The locus bends at K: g - r stays near 1.4 while r - z goes on to 2 (Covey et al. 2007, AJ 134, 2398).
    """
    colour = {
        "g": np.interp(warmth, [0, 0.6, 1], [0.35, 1.25, 1.5]),
        "r": 0.0,
        "i": -np.interp(warmth, [0, 0.6, 1], [0.1, 0.55, 1.6]),
        "z": -np.interp(warmth, [0, 0.6, 1], [0.15, 0.9, 2.4]),
    }[band]
    return float(10 ** (-0.4 * colour))
