"""Geometry: the part of a stamp that its galaxy fills, central crops, sizes."""

from dataclasses import dataclass

import numpy as np

from tuningfork.images.scaling import scaled

__all__ = ["Box", "adaptive_box", "adaptive_crop", "central_crop", "resize"]

_WORKING_SIDE = 256  # contours are found at about this size: enough to place a box, fast on large stamps


@dataclass(frozen=True)
class Box:
    """Rows ``top`` to ``top + height`` and columns ``left`` to ``left + width``, ends excluded."""

    top: int
    left: int
    height: int
    width: int

    def of(self, array: np.ndarray) -> np.ndarray:
        """That part of ``[H, W, ...]``, as a view."""
        return array[self.top : self.top + self.height, self.left : self.left + self.width]


def adaptive_box(unit: np.ndarray, *, margin: float = 1.5, least: int = 16) -> Box:
    """The square that the galaxy in the middle of a stamp occupies, with some sky around it.

    After Fu et al. (2024), II.B, where OpenCV finds the area a galaxy occupies from the grey level; the
    details are ours: the bands' mean is smoothed, split from the sky halfway (in brightness) between the sky
    and Otsu's level, and the contour that holds the middle, or else the nearest large one, is boxed.

    Parameters
    ----------
    unit : ndarray
        ``[H, W, C]`` float32 in 0..1.
    margin : float
        Side of the square over the longer side of the contour's box.
    least : int
        The square is at least this many pixels wide (where the stamp is).

    Returns
    -------
    Box
        A square inside the stamp. The whole central square when nothing stands out.
    """
    import cv2

    height, width = unit.shape[:2]
    grey = unit.mean(axis=2, dtype=np.float32)
    factor = max(1.0, max(height, width) / _WORKING_SIDE)
    if factor > 1:
        grey = cv2.resize(grey, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    found = _galaxy_rectangle(grey)
    if found is None:
        side = min(height, width)
        return Box((height - side) // 2, (width - side) // 2, side, side)
    left, top, across, down = found
    middle_x, middle_y = (
        (left + across / 2) * width / grey.shape[1],
        (top + down / 2) * height / grey.shape[0],
    )
    side = round(np.clip(max(across, down) * factor * margin, min(least, height, width), min(height, width)))
    return Box(_start(middle_y, side, height), _start(middle_x, side, width), side, side)


def adaptive_crop(unit: np.ndarray, size: int, **settings) -> tuple[np.ndarray, float]:
    """Cut the galaxy out and bring it to one size, as Fu et al. (2024), II.B do with 128.

    Returns
    -------
    crop : ndarray
        ``[size, size, C]`` float32, axes as they were.
    scale : float
        Original pixels per new pixel: multiply the pixel scale by it.
    """
    box = adaptive_box(unit, **settings)
    return resize(box.of(unit), size), box.height / size


def central_crop(array: np.ndarray, size: int | float) -> np.ndarray:
    """The middle of ``[H, W, ...]``, as a view.

    Parameters
    ----------
    size : int or float
        An int is the side of the square in pixels (at most that of the array); a float in 0..1 the fraction
        of both sides that is kept.
    """
    height, width = array.shape[:2]
    if isinstance(size, float):
        if not 0 < size <= 1:
            raise ValueError(f"a fraction is in 0..1, not {size}")
        rows, columns = max(1, round(height * size)), max(1, round(width * size))
    else:
        rows, columns = min(size, height), min(size, width)
    return Box((height - rows) // 2, (width - columns) // 2, rows, columns).of(array)


def resize(array: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Bring ``[H, W, C]`` to ``(height, width)`` (or a square): area mean down, cubic up, range kept."""
    import cv2

    height, width = (size, size) if isinstance(size, int) else size
    if array.shape[:2] == (height, width):
        return array
    shrinks = height <= array.shape[0] and width <= array.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    out = scaled(array, (width, height), method)
    if not shrinks and array.dtype.kind == "f":  # cubic rings beyond the range of its input
        out = np.clip(out, array.min(), array.max())
    return out


def _galaxy_rectangle(grey: np.ndarray) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of the contour of the central object in ``[H, W]`` 0..1, or None."""
    import cv2

    smooth = cv2.GaussianBlur(grey, (5, 5), 0)
    low, high = float(smooth.min()), float(smooth.max())
    if high - low < 2 / 255:
        return None
    levels = ((smooth - low) * (255 / (high - low))).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    sky = float(np.median(levels))
    level = sky + (otsu - sky) / 2 if otsu > sky else otsu
    contours, _ = cv2.findContours(
        (levels > level).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    if not contours:
        return None
    return tuple(cv2.boundingRect(min(contours, key=lambda c: _distance(c, grey.shape))))


def _distance(contour: np.ndarray, shape: tuple[int, ...]) -> float:
    """Distance of a contour from the middle, 0 inside; specks count as farther than they are."""
    import cv2

    outside = -cv2.pointPolygonTest(contour, ((shape[1] - 1) / 2, (shape[0] - 1) / 2), True)
    if outside <= 0:
        return 0.0
    return outside + 0.25 * max(shape) / np.sqrt(1 + cv2.contourArea(contour))


def _start(middle: float, side: int, limit: int) -> int:
    return int(np.clip(round(middle - side / 2), 0, limit - side))
