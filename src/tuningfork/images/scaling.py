"""Images of any number of bands at another size."""

import numpy as np

__all__ = ["scaled"]

_AT_ONCE = 4  # bands; OpenCV refuses to shrink more of them by an area mean


def scaled(pixels: np.ndarray, to: tuple[int, int] | float, method: int) -> np.ndarray:
    """``cv2.resize`` for any number of bands.

    Parameters
    ----------
    pixels : ndarray
        ``[H, W, C]`` or ``[H, W]``; the last axis stays.
    to : (int, int) or float
        Width and height, or the factor on both: OpenCV steps by the factor itself then, not by the ratio of
        whole sides.
    method : int
        OpenCV's number of the interpolation.
    """
    import cv2

    array = np.ascontiguousarray(pixels)
    if array.ndim == 2 or array.shape[2] <= _AT_ONCE:
        size, factor = (to, 0.0) if isinstance(to, tuple) else (None, to)
        made = cv2.resize(array, size, fx=factor, fy=factor, interpolation=method)
        return made if made.ndim == array.ndim else made[:, :, None]  # OpenCV drops a single band
    starts = range(0, array.shape[2], _AT_ONCE)
    return np.concatenate([scaled(array[:, :, k : k + _AT_ONCE], to, method) for k in starts], 2)
