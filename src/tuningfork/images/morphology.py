"""Twelve further hand measurements of a galaxy: clumps, second nuclei, neighbours and outline."""

import numpy as np

from tuningfork.images.measurements import DETECTION_SIGMA, central_object, centroid, colour_of, sky_of

__all__ = ["MORPHOLOGY", "describe"]

MORPHOLOGY = (
    "Gini",
    "M20",
    "clumpiness",
    "peaks",
    "second peak",
    "second peak of its own",
    "neighbours",
    "area",
    "solidity",
    "outline",
    "blue colour",
    "red colour",
)
_PEAK_SIGMA = 5.0
_PEAK_SIDE = 7  # pixels within which a peak is the brightest


def describe(stamp: np.ndarray) -> np.ndarray:
    """Describe the central galaxy of a stamp and what is about it.

    Parameters
    ----------
    stamp : ndarray
        (H, W, C) float32 in 0..1, bands from blue to red.

    Returns
    -------
    ndarray
        (12,) float64:

        - Gini: how unevenly the light is spread over the galaxy's pixels, 0..1; M20: log10 of the second
          moment of the brightest fifth of the light over the whole (Lotz, Primack & Madau 2004, AJ 128, 163);
        - clumpiness: share of light above that smoothed by 3 pixels (after Conselice 2003, ApJS 147, 1);
        - peaks: local maxima of the stamp; second peak: the second over the first, of the stamp, and of the
          galaxy alone; neighbours: natural log of one and the light elsewhere over the galaxy's;
        - area: natural log of its pixels over the stamp's; solidity: area over that of its convex hull;
          outline: natural log of perimeter squared over 4 pi area, 0 for a circle;
        - blue and red colour: 2.5 log10 of the second over the first band, and of the last over the second,
          of the stretched light; 0 without three bands.
    """
    import cv2

    bands = np.asarray(stamp, dtype=np.float32)
    grey = bands.mean(axis=2)
    sky, noise = sky_of(grey)
    above = grey - sky
    galaxy = central_object(above > DETECTION_SIGMA * noise)
    light = np.where(galaxy, np.clip(above, 0, None), 0).astype(np.float64)
    total = float(light.sum())
    if total <= 0:
        return np.zeros(len(MORPHOLOGY))
    smooth = cv2.GaussianBlur(light, (0, 0), 3)
    around = np.where((above > DETECTION_SIGMA * noise) & ~galaxy, above, 0)
    peaks, second = _peaks(above, noise, np.ones_like(galaxy))
    _, own_second = _peaks(above, noise, galaxy)
    return np.array(
        [
            _gini(np.sort(light[galaxy])),
            _m20(light, total),
            np.clip(light - smooth, 0, None).sum() / total,
            peaks,
            second,
            own_second,
            np.log1p(around.sum() / total),
            np.log(galaxy.mean()),
            *_outline(galaxy),
            *_colours(bands, galaxy),
        ]
    )


def _gini(values: np.ndarray) -> float:
    """Of rising values."""
    n = len(values)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float((weights * values).sum() / max(values.mean() * n * (n - 1), 1e-12))


def _m20(light: np.ndarray, total: float) -> float:
    y, x = centroid(light)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    moment = (light * ((rows - y) ** 2 + (columns - x) ** 2)).ravel()
    order = np.argsort(-light.ravel(), kind="stable")
    brightest = int(np.searchsorted(np.cumsum(light.ravel()[order]), 0.2 * total)) + 1
    return float(np.log10(max(moment[order[:brightest]].sum(), 1e-9) / max(moment.sum(), 1e-9)))


def _peaks(above: np.ndarray, noise: float, where: np.ndarray) -> tuple[int, float]:
    """How many peaks there are, and the second over the first; 0 without a second."""
    import cv2

    smooth = cv2.GaussianBlur(above, (0, 0), 1.5)
    highest = cv2.dilate(smooth, np.ones((_PEAK_SIDE, _PEAK_SIDE), np.uint8))
    values = np.sort(smooth[(smooth == highest) & (smooth > _PEAK_SIGMA * noise) & where])[::-1]
    return len(values), float(values[1] / values[0]) if len(values) > 1 else 0.0


def _outline(galaxy: np.ndarray) -> tuple[float, float]:
    """Solidity, and log of perimeter squared over 4 pi area."""
    import cv2

    outlines, _ = cv2.findContours(galaxy.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    area = max(cv2.contourArea(outline), 1.0)
    hull = max(cv2.contourArea(cv2.convexHull(outline)), area)
    around = max(cv2.arcLength(outline, True) ** 2 / (4 * np.pi * area), 1e-6)
    return area / hull, float(np.log(around))


def _colours(bands: np.ndarray, galaxy: np.ndarray) -> tuple[float, float]:
    if bands.shape[2] < 3:
        return 0.0, 0.0
    return colour_of(bands[..., [0, 1]], galaxy), colour_of(bands[..., [1, -1]], galaxy)
