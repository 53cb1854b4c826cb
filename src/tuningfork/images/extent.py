"""How far the galaxy in the middle of a stamp reaches: the one measure by which stamps of all surveys are
brought to one scale."""

import numpy as np

from tuningfork.images.scaling import scaled

__all__ = ["galaxy_radius"]

_WORKING_SIDE = 132  # enough to find an outline, fast on large stamps


def galaxy_radius(pixels: np.ndarray) -> float:
    """Distance from the middle to the farthest pixel of the central object, as a fraction of the shorter
    side.

    The grey level of Fu et al. (2024), II.B, split from the sky at three times its scatter or 12 % of the
    central peak,
    whichever is higher; of what stands out, the piece that holds the middle counts.

    Parameters
    ----------
    pixels : ndarray
        ``[H, W, C]``, encoded or unit.

    Returns
    -------
    float
        In 0.08..0.6; 0.25 when nothing stands out in the middle.
    """
    import cv2

    factor = _WORKING_SIDE / min(pixels.shape[:2])
    if factor < 1:
        pixels = scaled(pixels, factor, cv2.INTER_AREA)
    grey = _grey(pixels)
    height, width = grey.shape
    side = min(grey.shape)
    grey = cv2.GaussianBlur(grey, (0, 0), max(side / _WORKING_SIDE * 1.5, 0.5))
    rim = max(2, side // 16)
    edge = np.concatenate(
        [grey[:rim].ravel(), grey[-rim:].ravel(), grey[:, :rim].ravel(), grey[:, -rim:].ravel()]
    )
    sky = float(np.median(edge))
    scatter = 1.48 * float(np.median(np.abs(edge - sky))) + 0.5
    middle = (
        slice(height // 2 - side // 16, height // 2 + side // 16 + 1),
        slice(width // 2 - side // 16, width // 2 + side // 16 + 1),
    )
    level = sky + max(3 * scatter, 0.12 * (float(grey[middle].max()) - sky))
    _, labels = cv2.connectedComponents((grey > level).astype(np.uint8))
    central = labels[middle][labels[middle] > 0]
    if not len(central):
        return 0.25
    y, x = np.nonzero(labels == np.bincount(central).argmax())
    reach = np.hypot(y - height // 2, x - width // 2).max() / side
    return float(np.clip(reach, 0.08, 0.6))


def _grey(pixels: np.ndarray) -> np.ndarray:
    """The mean of the bands ``[H, W]`` as float32 in 0..255, whatever the type."""
    full = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(pixels.dtype, 1)
    bands = 1 if pixels.ndim == 2 else pixels.shape[2]  # OpenCV drops a single band
    weights = np.full(bands, 255 / full / bands, np.float32)
    return pixels.reshape(*pixels.shape[:2], bands).astype(np.float32) @ weights
