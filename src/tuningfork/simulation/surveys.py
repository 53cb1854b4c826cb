"""What a survey does to a galaxy: pixels, seeing and noise, each around its published or measured middle."""

from dataclasses import dataclass
from typing import Any

__all__ = ["SURVEYS", "ZERO_POINT", "Survey"]

ZERO_POINT = 22.5  # AB magnitude of a flux of one: nanomaggies


@dataclass(frozen=True)
class Survey:
    """A survey's middle values; a stamp's own scatter around them.

    Attributes
    ----------
    pixel_scale : float
        Arcsec per pixel.
    bands : tuple of str
        What stamps are made of when nobody asks for others, from blue to red.
    seeing : dict
        Median FWHM of the PSF per band, arcsec.
    noise : dict
        Standard deviation of the sky per band and pixel, nanomaggies.
    electrons : float
        Per nanomaggy, for the photon noise of the galaxy itself.
    stretch : dict
        Of the collection, as a table.
    """

    pixel_scale: float
    bands: tuple[str, ...]
    seeing: dict[str, float]
    noise: dict[str, float]
    electrons: float
    stretch: dict[str, Any]


SURVEYS: dict[str, Survey] = {
    # Dey et al. 2019, AJ 157, 168: FWHM of DECaLS. The noise was measured on the corners of 20 stamps (DR9).
    "legacy": Survey(
        pixel_scale=0.262,
        bands=("g", "r", "z"),
        seeing={"g": 1.29, "r": 1.18, "i": 1.15, "z": 1.11},
        noise={"g": 0.0017, "r": 0.0026, "i": 0.0045, "z": 0.0072},
        electrons=1e4,
        stretch={"kind": "legacy"},
    ),
    # SDSS imaging: 1.3 arcsec in r, one exposure of 54 s; noise of typical frames. The stretch is of the
    # kind of its JPEG pictures (Lupton et al. 2004), matched to sky, brightness and colours of 200 of them.
    "sdss": Survey(
        pixel_scale=0.396,
        bands=("g", "r", "i"),
        seeing={"g": 1.44, "r": 1.32, "i": 1.26, "z": 1.29},
        noise={"g": 0.021, "r": 0.027, "i": 0.041, "z": 0.15},
        electrons=1.5e3,
        stretch={"kind": "lupton", "stretch": 33.6, "q": 201.7, "weights": (2.7, 1.7, 1.4)},
    ),
}
