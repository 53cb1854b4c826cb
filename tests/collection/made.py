"""Small made sources for the collection's tests: pictures, FITS cubes, catalogues."""

from pathlib import Path

import cv2
import numpy as np


def galaxy(seed: int, size: int = 48) -> np.ndarray:
    """A colour picture of one galaxy, uint8 ``[size, size, 3]``; every seed gives another."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] - size / 2
    profile = np.exp(-np.hypot(y * rng.uniform(1, 3), x) / rng.uniform(3, 8))
    return np.clip(
        profile[:, :, None] * rng.uniform(120, 230, 3) + rng.normal(12, 3, (size, size, 3)), 0, 255
    ).astype(np.uint8)


def write_jpegs(folder: Path, count: int, *, start: int = 0, size: int = 48) -> list[str]:
    """``count`` JPEG files ``g000.jpg`` and on; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"g{k:03d}.jpg" for k in range(start, start + count)]
    for k, name in enumerate(names, start):
        cv2.imwrite(str(folder / name), galaxy(k, size))
    return names


def write_cubes(folder: Path, count: int, *, bands: str = "grz", scale: float = 1.0) -> None:
    """``count`` FITS cubes ``cutout_RA_DEC.fits`` with noise of 0.01 in nanomaggies (times ``scale``)."""
    from astropy.io import fits

    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        rng = np.random.default_rng(k)
        y, x = np.mgrid[:32, :32] - 16
        flux = rng.normal(0, 0.01, (len(bands), 32, 32)) + 2 * np.exp(-np.hypot(y, x) / 3)
        header = fits.Header({"BANDS": bands})
        fits.PrimaryHDU((flux * scale).astype(">f4"), header).writeto(
            folder / f"cutout_{10.5 + k}_{-1.25}.fits"
        )
