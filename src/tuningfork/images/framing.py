"""Is the galaxy in the middle of its stamp, and is it what one sees there?"""

from dataclasses import dataclass

import numpy as np

from tuningfork.images.glance import rim, small_picture

__all__ = ["Framing", "climb", "framing"]

_SIDE = 96  # pixels; enough to tell where things are
_GRAIN = 48  # parts of a side: finer structure is smoothed away
_SEEN = 4  # times the scatter of the smoothed sky: what is fainter is no object
_GALAXY = 0.12  # sides from the middle: within this, light belongs to the galaxy
_SLENDER = 3  # longer over shorter side of what can be a star's core
_FULL = 240  # of 255, in any band: the core of a star


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the light of a stamp is.

    Attributes
    ----------
    offset : float
        From the middle of the stamp to the peak that one climbs to from there, or to that of the nearest
        object when there is only sky in the middle; in shorter sides. 1 when nothing stands out of the sky.
    elsewhere : float
        Share of the light above the sky that lies in objects which do not touch the middle.
    core : float
        Share of the stamp's area that the largest core at full brightness takes, away from the middle; 0
        unless it is twice as large as what is full in the middle. Where a hard stretch makes the galaxies
        full, a full neighbour is no star.
    """

    offset: float
    elsewhere: float
    core: float


def framing(pixels: np.ndarray) -> Framing:
    """Measure where the objects of a stamp ``[H, W, C]`` are (encoded, or flux after a stretch)."""
    import cv2

    picture = small_picture(pixels, _SIDE)
    smoothing = max(min(picture.shape[:2]) / _GRAIN, 0.7)  # a small stamp has small objects
    grey = cv2.GaussianBlur(picture.mean(axis=2), (0, 0), smoothing)
    sky, noise = _dark_sky(grey)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]].astype(np.float32)
    away = np.hypot(y - (grey.shape[0] - 1) / 2, x - (grey.shape[1] - 1) / 2) / min(grey.shape)
    seen = grey > sky + _SEEN * noise
    _, labels = cv2.connectedComponents(seen.astype(np.uint8))
    peak = climb(grey)
    found = away[peak] if seen[peak] else _nearest_peak(grey, away, seen, labels)
    middle = np.unique(labels[(away < _GALAXY) & seen])
    light = np.clip(grey - sky, 0, None) * seen
    total = float(light.sum())
    elsewhere = 1 - float(light[np.isin(labels, middle)].sum()) / total if total > 0 else 0.0
    full = picture.max(axis=2) >= _FULL
    _, _, cores, _ = cv2.connectedComponentsWithStats((full & (away > _GALAXY)).astype(np.uint8))
    sides = np.sort(cores[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], axis=1)
    round_ones = cores[1:, cv2.CC_STAT_AREA][sides[:, 1] <= _SLENDER * sides[:, 0]]  # a trail is no star
    core = float(round_ones.max(initial=0))
    core *= core > 2 * np.count_nonzero(full & (away <= _GALAXY))
    return Framing(float(found), elsewhere, core / grey.size)


def _dark_sky(grey: np.ndarray) -> tuple[float, float]:
    """Level and scatter of the sky from the darker part of the rim: a galaxy may take the rest of it."""
    low, quarter = np.quantile(rim(grey), [0.05, 0.25])
    scatter = float(quarter - low) / 0.97  # of a normal distribution
    return float(quarter) + 0.67 * scatter, scatter + 1


def _nearest_peak(grey: np.ndarray, away: np.ndarray, seen: np.ndarray, labels: np.ndarray) -> float:
    """How far the brightest pixel of the object next to the middle is; 1 when there is no object."""
    if not seen.any():
        return 1.0
    inside = labels == labels.flat[np.where(seen, away, np.inf).argmin()]
    return float(away.flat[np.where(inside, grey, -np.inf).argmax()])


def climb(grey: np.ndarray) -> tuple[int, int]:
    """The peak that one comes to from the middle by going uphill in steps of up to two pixels."""
    place = (grey.shape[0] // 2, grey.shape[1] // 2)
    while True:
        top, left = max(place[0] - 2, 0), max(place[1] - 2, 0)
        window = grey[top : place[0] + 3, left : place[1] + 3]
        row, column = np.unravel_index(int(window.argmax()), window.shape)
        found = (top + int(row), left + int(column))
        if grey[found] <= grey[place]:
            return place
        place = found
