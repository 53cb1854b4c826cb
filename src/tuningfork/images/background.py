"""The sky under a picture: robust level and noise, and what stands in for pixels that are missing."""

import numpy as np

from tuningfork.errors import ImageError

__all__ = ["fill_bad_pixels", "sky_level"]


def sky_level(plane: np.ndarray, *, rounds: int = 5, clip: float = 3.0) -> tuple[float, float]:
    """Median and noise of the sky in ``[H, W]``, by clipping at ``clip`` sigma about the median.

    Sigma is 1.4826 times the median absolute deviation, which galaxies move little.
    """
    values = plane[np.isfinite(plane)].ravel()
    if values.size == 0:
        return 0.0, 0.0
    if values.size > 1_000_000:  # an even sample is enough for a median
        values = values[:: values.size // 500_000]
    level = sigma = 0.0
    for _ in range(rounds):
        level = float(np.median(values))
        sigma = float(1.4826 * np.median(np.abs(values - level)))
        kept = values[np.abs(values - level) <= clip * sigma] if sigma > 0 else values
        if kept.size == values.size:
            break
        values = kept
    return level, sigma


def fill_bad_pixels(flux: np.ndarray, *, name: str, reach: int = 8) -> tuple[np.ndarray, int]:
    """Replace NaN and infinite values by the local background, band by band.

    The background of a bad pixel is the mean of the good ones within ``reach`` pixels; where there is none,
    the sky level of the band.

    Parameters
    ----------
    flux : ndarray
        ``[H, W, C]`` float32; left as it is.

    Returns
    -------
    flux : ndarray
        Without NaN.
    count : int
        Pixels that were bad in at least one band.

    Raises
    ------
    ImageError
        When no band has a finite value.
    """
    good = np.isfinite(flux)
    if good.all():
        return flux, 0
    bad = ~good
    if bad.all():
        raise ImageError("every pixel is NaN", where=name)
    filled = flux.copy()
    for band in range(flux.shape[2]):
        if bad[..., band].any():
            filled[..., band] = _fill_plane(flux[..., band], bad[..., band], reach)
    return filled, int(bad.any(axis=2).sum())


def _fill_plane(plane: np.ndarray, bad: np.ndarray, reach: int) -> np.ndarray:
    import cv2

    if bad.all():
        return np.zeros_like(plane)
    window = (2 * reach + 1, 2 * reach + 1)
    good = (~bad).astype(np.float32)
    total = cv2.boxFilter(np.where(bad, 0, plane).astype(np.float32), -1, window, normalize=False)
    count = cv2.boxFilter(good, -1, window, normalize=False)
    level, _ = sky_level(plane)
    local = np.where(count > 0.5, total / np.maximum(count, 1), np.float32(level))
    return np.where(bad, local, plane).astype(np.float32)
