"""A stamp at a glance: small, on one scale of brightness, with its sky measured on the rim."""

import numpy as np

__all__ = ["middle_box", "rim", "rim_sky", "small_picture"]


def small_picture(pixels: np.ndarray, side: int) -> np.ndarray:
    """A stamp with at most ``side`` pixels on its longer side, float32 ``[H, W, C]`` in 0..255.

    uint8 and uint16 are scaled by their full range, floating point is taken as 0..1.
    """
    import cv2

    full = {"uint8": 255, "uint16": 65535}.get(pixels.dtype.name, 1)
    factor = side / max(pixels.shape[:2])
    if factor < 1:
        size = tuple(max(1, round(n * factor)) for n in pixels.shape[1::-1])
        bands = pixels.reshape(*pixels.shape[:2], -1)
        most = 4  # bands that OpenCV averages at once
        parts = [np.ascontiguousarray(bands[:, :, i : i + most]) for i in range(0, bands.shape[2], most)]
        pixels = np.dstack([cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in parts])
    picture = pixels.astype(np.float32) * np.float32(255 / full)
    return picture if picture.ndim == 3 else picture[:, :, None]


def rim(grey: np.ndarray) -> np.ndarray:
    """The outermost pixels of an image, a twentieth of the side wide, in one row."""
    wide = max(1, min(grey.shape) // 20)
    return np.concatenate(
        [part.ravel() for part in (grey[:wide], grey[-wide:], grey[:, :wide], grey[:, -wide:])]
    )


def rim_sky(grey: np.ndarray) -> tuple[float, float]:
    """Median of the outermost pixels (a twentieth of the side) and their scatter, at least 1 of 255."""
    edge = rim(grey)
    level = float(np.median(edge))
    return level, 1.4826 * float(np.median(np.abs(edge - level))) + 1


def middle_box(shape: tuple[int, ...], share: float) -> tuple[slice, slice]:
    """The slices of the middle of an image, ``share`` of each side wide."""
    return tuple(slice(int(n / 2 - n * share / 2), int(n / 2 + n * share / 2) + 1) for n in shape[:2])  # type: ignore[return-value]
