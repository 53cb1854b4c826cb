"""Straight lines that cross a stamp: trails of satellites, spikes of stars, columns that were lost.

They are the coloured and the thin black lines of Doherty (2024), section 5.2.2 and figure 20. A line is
looked for by summing the stamp along all straight lines (a Radon transform), then proved along its
course: it has to be seen nearly everywhere on the way, as a line is and a row of stars is not.
"""

from dataclasses import dataclass

import numpy as np

from tuningfork.images.glance import rim_sky, small_picture

__all__ = ["Line", "crossing_line"]

_SIDE = 128  # pixels; larger stamps are shrunk, since lines stay visible and the sums cost side squared
_ANGLES = 60
_DIAGONAL = 150  # pixels of a line that are summed: all of it but the last bits in the corners
_DARK_SUM = 16.5  # relative depth summed along the line, pixels
_DARK_SEEN = 0.8  # share of the lit course on which the line has to be seen
_BRIGHT_SIGMA = 14.5  # of the sum along the line
_BEYOND_GALAXY = 1.8  # strength of a line through a galaxy that itself reaches the rim
_SLENDER = 0.04  # share of the stamp that a trail can take
_BRIGHT_LENGTH = 0.36  # sides of the stamp over which it has to be seen without a gap
_CLIP = 5  # sigma
_STEP = 8  # pixels of a bright line that are judged together


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was found: ``kind`` is "dark" or "bright"; ``angle`` in degrees from the rows,
    0..180, growing as a clock runs backwards when the first row is on top;
    ``strength`` is 1 at the threshold and grows with the line."""

    kind: str
    angle: float
    strength: float


def crossing_line(pixels: np.ndarray) -> Line | None:
    """The strongest straight line across a stamp, or None.

    A *dark* line lies on the galaxy, where alone it can be seen. A *bright* line is coloured or white and
    lies outside of the object in the middle, so that a galaxy seen edge-on is none.

    Parameters
    ----------
    pixels : ndarray
        ``[H, W, C]`` encoded pixels, or flux after a stretch (any number type; the range is 0..255 for uint8,
        0..65535 for uint16, else 0..1).

    Returns
    -------
    Line or None
        None as well for a side under 32 pixels.
    """
    if min(pixels.shape[:2]) < 32:
        return None
    picture = small_picture(pixels, _SIDE)
    grey = picture.mean(axis=2)
    picture = picture if picture.shape[2] > 1 else np.repeat(picture, 2, axis=2)
    found = [_dark_line(grey), _bright_line(picture, grey)]
    return max((line for line in found if line), key=lambda line: line.strength, default=None)


def _dark_line(grey: np.ndarray) -> Line | None:
    """A thin line that takes light away: what a closing with five pixels fills, as a share of the light."""
    import cv2

    sky, noise = rim_sky(grey)
    filled = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    lit = filled > sky + 3 * noise
    depth = np.where(lit, np.clip((filled - grey) / (filled + 10), 0, 0.6), 0).astype(np.float32)
    sums = _sums(depth[..., None])[..., 0]
    sums = 2 * cv2.blur(sums - cv2.blur(sums, (17, 1)), (2, 1))
    place = np.unravel_index(int(sums.argmax()), sums.shape)
    strength = float(sums[place]) / _DARK_SUM
    if strength < 1:
        return None
    course = _course(np.dstack([depth, lit.astype(np.float32)]), place)
    on_galaxy = course[..., 1].max(axis=1) > 0
    seen = course[..., 0].max(axis=1)[on_galaxy] > 0.1
    if seen.size < 10 or seen.mean() < _DARK_SEEN:
        return None
    return Line("dark", _degrees(place), strength)


def _bright_line(picture: np.ndarray, grey: np.ndarray) -> Line | None:
    """A line with more of one colour than what lies about it, outside of the object in the middle."""
    import cv2

    planes = [grey, picture[..., 0] - picture[..., 1], picture[..., -1] - picture[..., 1]]
    central, reaches = _central_object(grey)
    free = 1 - central
    excess = np.dstack([*(_excess(plane) * free for plane in planes), free]).astype(np.float32)
    sums = _sums(excess)
    length = sums[..., 3]
    sigma = np.where(
        (length > 0.4 * _SIDE)[..., None], sums[..., :3] / np.sqrt(np.maximum(length, 1))[..., None], 0
    )
    sigma = cv2.blur(np.abs(sigma - cv2.blur(sigma, (17, 1))), (2, 1))
    for plane in np.argsort(-sigma.max(axis=(0, 1))):
        place = np.unravel_index(int(sigma[..., plane].argmax()), sigma.shape[:2])
        strength = float(sigma[(*place, plane)]) / _BRIGHT_SIGMA
        course = _course(excess, place)
        long = _longest(course[..., plane], course[..., 3]) >= _BRIGHT_LENGTH * min(grey.shape)
        edge_on = reaches and abs(place[1] - _DIAGONAL / 2) < _DIAGONAL / 16 and strength < _BEYOND_GALAXY
        if strength >= 1 and long and not edge_on:
            return Line("bright", _degrees(place), strength)
    return None


def _longest(excess: np.ndarray, free: np.ndarray) -> int:
    """Pixels of the longest stretch of a course on which the line is seen; what is masked is passed over."""
    steps = len(excess) // _STEP
    total = excess[: steps * _STEP].reshape(steps, -1).sum(axis=1)
    number = free[: steps * _STEP].reshape(steps, -1).sum(axis=1)
    mean = total[number >= _STEP] / number[number >= _STEP]
    sign = np.sign(np.median(mean)) or 1 if len(mean) else 1
    best = run = 0
    for value in mean * sign:
        run = run + 1 if value > 0.6 else 0
        best = max(best, run)
    return best * _STEP


def _excess(plane: np.ndarray) -> np.ndarray:
    """A plane less its neighbourhood (median in 21 pixels), in sigma, clipped so that no star rules a sum."""
    import cv2

    bytes_ = np.clip((plane + 255) / 2, 0, 255).astype(np.uint8)  # the wide median exists for bytes alone
    rest = plane - (cv2.medianBlur(bytes_, 21).astype(np.float32) * 2 - 255)
    return np.clip(rest / (1.4826 * float(np.median(np.abs(rest))) + 1.5), -_CLIP, _CLIP)


def _central_object(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """1 where the object in the middle is, float32 ``[H, W]``; and whether it is a galaxy up to the rim.

    What reaches the rim may be a trail that touches the galaxy, so a disc stands for it; a trail is slender.
    """
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    sky, noise = rim_sky(smooth)
    height, width = grey.shape
    middle = (slice(height // 2 - 6, height // 2 + 7), slice(width // 2 - 6, width // 2 + 7))
    level = sky + max(3 * noise, 0.1 * float(smooth[middle].max() - sky))
    _, labels = cv2.connectedComponents((smooth > level).astype(np.uint8))
    central = labels[middle][labels[middle] > 0]
    if not len(central):
        return np.zeros_like(grey), False
    mask = labels == np.bincount(central).argmax()
    y, x = np.ogrid[:height, :width]
    radius = np.hypot(y - height / 2, x - width / 2) / min(height, width)
    reaches = bool((mask & (radius > 0.47)).any())
    broad = reaches and float(mask.mean()) > _SLENDER
    mask = radius < 0.2 if reaches else mask
    return cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.float32), broad


def _turned(planes: np.ndarray, number: int) -> np.ndarray:
    """``planes`` turned so that lines at angle ``number`` run along the columns, in a larger square."""
    import cv2

    height, width = planes.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), number * 180 / _ANGLES, 1)
    turn[:, 2] += [(_DIAGONAL - width) / 2, (_DIAGONAL - height) / 2]
    return cv2.warpAffine(planes, turn, (_DIAGONAL, _DIAGONAL), flags=cv2.INTER_NEAREST)


def _sums(planes: np.ndarray) -> np.ndarray:
    """Sums ``[angles, offsets, C]`` of ``[H, W, C]`` along straight lines."""
    import cv2

    out = [cv2.reduce(_turned(planes, number), 0, cv2.REDUCE_SUM)[0] for number in range(_ANGLES)]
    return np.array(out).reshape(_ANGLES, _DIAGONAL, -1)


def _course(planes: np.ndarray, place: tuple) -> np.ndarray:
    """``planes`` along one line and its neighbours: ``[_DIAGONAL, 3, C]``."""
    number, offset = (int(p) for p in place)
    offset = min(max(offset, 1), _DIAGONAL - 2)
    turned = _turned(planes, number).reshape(_DIAGONAL, _DIAGONAL, -1)
    return turned[:, offset - 1 : offset + 2]


def _degrees(place: tuple) -> float:
    return (90.0 - float(place[0]) * 180 / _ANGLES) % 180
