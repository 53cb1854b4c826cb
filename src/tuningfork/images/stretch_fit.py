"""Choose a stretch for flux by looking at a sample of it."""

from collections.abc import Sequence
from math import floor, log10

import numpy as np

from tuningfork.images.background import sky_level
from tuningfork.images.stretch import Asinh, LegacyRGB, Lupton, Stretch

__all__ = ["fit_stretch", "shown_bands"]


# Blue, green and red of a picture, by the first of these sets that a collection of more than three bands has.
_COLOURS = (
    ("g", "r", "z"),
    ("g", "r", "i"),
    ("g", "i", "y"),
    ("b", "v", "i"),
    ("vis", "y", "h"),
    ("y", "j", "h"),
    ("j", "h", "k"),
)


def shown_bands(bands: Sequence[str]) -> tuple[str, ...]:
    """Which of more than three bands make the picture, blue to red; empty when there are three or fewer.

    Without a known set of names: the first, the middle and the last.
    """
    names = [band.lower() for band in bands]
    if len(names) <= 3:
        return ()
    for colours in _COLOURS:
        if set(colours) <= set(names):
            return tuple(bands[names.index(colour)] for colour in colours)
    return bands[0], bands[len(bands) // 2], bands[-1]


def fit_stretch(sample: Sequence[np.ndarray], bands: Sequence[str], *, unit: str = "") -> Stretch:
    """A stretch that shows both sky noise and cores.

    Parameters
    ----------
    sample : sequence of ndarray
        Some flux images, ``[H, W, C]``.
    bands : sequence of str
        Their band names, blue to red.
    unit : str
        ``BUNIT`` of the files, where known.

    Returns
    -------
    Stretch
        `LegacyRGB` for g, r, z in nanomaggies (by unit, or by a sky noise that only such images have).
        Otherwise `Lupton` for three bands and `Asinh` for any other number: black one and a half sigma below
        the sky, white at the 99.8 percentile of the sample or 60 sigma above the sky, whichever is higher.
    """
    sky, sigma = _typical_sky(sample)
    if tuple(bands) == ("g", "r", "z") and _in_nanomaggies(unit, sky, sigma):
        return LegacyRGB()
    weights = _balance(sample)
    weighted = [image * np.asarray(weights or 1.0, np.float32) for image in sample]
    sky, sigma = _typical_sky(weighted)
    bright = float(np.median([np.percentile(image, 99.8) for image in weighted]))
    # a sky without noise, as in a simulation; or nothing but one value
    sigma = sigma or max((bright - sky) / 100, 1e-6 * max(1.0, abs(sky)))
    low, high = sky - 1.5 * sigma, max(bright, sky + 60 * sigma)
    span = high - low
    low, high = (round(limit, 4 - floor(log10(span))) for limit in (low, high))  # the sky may be far above 0
    if len(bands) == 3:
        return Lupton(low, _round(span), _round(np.clip(span / (2 * sigma), 4, 100)), weights)
    return Asinh(low, high, _round(np.clip(3 * sigma / span, 0.005, 0.3)), weights)


def _typical_sky(sample: Sequence[np.ndarray]) -> tuple[float, float]:
    """Median over images and bands of the sky's level and noise."""
    levels = [sky_level(image[..., band]) for image in sample for band in range(image.shape[2])]
    return float(np.median([level for level, _ in levels])), float(np.median([noise for _, noise in levels]))


def _balance(sample: Sequence[np.ndarray]) -> tuple[float, ...]:
    """Factors that make the bright parts of a typical image white, whatever the bands' zero points."""
    if sample[0].shape[2] == 1:
        return ()
    above = [np.percentile(image, 99.5, axis=(0, 1)) - np.median(image, axis=(0, 1)) for image in sample]
    bright = np.median(above, axis=0)
    if not (np.isfinite(bright) & (bright > 0)).all():
        return ()
    weights = bright.mean() / bright
    sky = np.median([np.median(image, axis=(0, 1)) for image in sample], axis=0)
    if np.ptp(sky * weights) > max(np.ptp(sky), bright.mean()):  # a high pedestal would take colour
        return ()
    return tuple(_round(float(weight)) for weight in weights)


def _in_nanomaggies(unit: str, sky: float, sigma: float) -> bool:
    if unit:
        return "nanomagg" in unit.lower()
    # The noise of a survey's pixel is well under one nanomaggy; counts and physical units are far off.
    return 5e-4 < sigma < 0.5 and abs(sky) < 10 * sigma


def _round(value: float) -> float:
    return float(f"{value:.4g}")
