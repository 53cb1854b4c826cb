"""The same galaxy on both sides of a split makes every score too good: find it by its pixels or its place."""

import numpy as np

from tuningfork.images.sky import nearest

__all__ = ["duplicates_in", "fingerprint", "same_sky"]

SIDE = 32
SMOOTHING = 2.0  # pixels of 32
SAME_PICTURE = 0.8  # correlation: 1,000 SDSS galaxies reach 0.5, one compressed anew at half size keeps 0.95
SAME_PLACE = 3.0  # arcsec


def fingerprint(stamp: np.ndarray) -> np.ndarray:
    """A picture as a unit vector of its detail.

    The stamp in 32 x 32 pixels, less its smooth part, in units of the contrast around each pixel: the glow
    that all galaxies share is gone, and faint stars and noise count as much as bright knots. They survive
    another compression, and no other galaxy has them.

    Parameters
    ----------
    stamp : ndarray
        (H, W, C), any type.

    Returns
    -------
    ndarray
        (1024,) float32 of unit length, zeros for a flat picture.
    """
    import cv2

    grey = stamp.mean(axis=2, dtype=np.float32)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    detail = small - cv2.GaussianBlur(small, (0, 0), SMOOTHING)
    spread = float(detail.std())
    if spread <= 1e-6 * max(1.0, float(np.abs(grey).max())):
        return np.zeros(SIDE * SIDE, dtype=np.float32)
    contrast = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), SMOOTHING)) + 0.1 * spread
    vector = (detail / contrast).ravel()
    return vector / np.linalg.norm(vector)


def duplicates_in(vectors: np.ndarray, others: np.ndarray, threshold: float = SAME_PICTURE) -> np.ndarray:
    """Which of (n, D) unit vectors have a near twin among (m, D) others, as (n,) bool."""
    found = np.zeros(len(vectors), dtype=bool)
    for start in range(0, len(vectors), 1024):
        products = vectors[start : start + 1024] @ others.T
        found[start : start + 1024] = (products >= threshold).any(axis=1)
    return found


def same_sky(
    ra: np.ndarray, dec: np.ndarray, other_ra: np.ndarray, other_dec: np.ndarray, radius: float = SAME_PLACE
) -> np.ndarray:
    """Which positions (n,) have another within a radius in arcsec, as (n,) bool; degrees, NaN: unknown."""
    return nearest(ra, dec, other_ra, other_dec, radius)[0] >= 0
