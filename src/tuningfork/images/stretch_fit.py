"""Choose a stretch for flux by looking at a sample of it."""

from collections.abc import Sequence

import numpy as np

from tuningfork.images.background import sky_level
from tuningfork.images.stretch import Asinh, LegacyRGB, Lupton, Stretch

__all__ = ["fit_stretch"]


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
        `LegacyRGB` for g, r, z in nanomaggies (by unit, or by a sky noise that only such images have). Otherwise
        `Lupton` for three bands and `Asinh` for any other number: black half a sigma below the sky, white at the
        99.8 percentile of the sample or 60 sigma above the sky, whichever is higher.
    """
    levels = [sky_level(image[..., band]) for image in sample for band in range(image.shape[2])]
    sky = float(np.median([level for level, _ in levels]))
    sigma = float(np.median([noise for _, noise in levels]))
    if tuple(bands) == ("g", "r", "z") and _in_nanomaggies(unit, sky, sigma):
        return LegacyRGB()
    bright = float(np.median([np.percentile(image, 99.8) for image in sample]))
    sigma = sigma or max((bright - sky) / 100, 1e-6)  # a sky without noise, as in a simulation
    low, high = sky - 0.5 * sigma, max(bright, sky + 60 * sigma)
    if len(bands) == 3:
        return Lupton(
            minimum=_round(low),
            stretch=_round(high - low),
            q=_round(np.clip((high - low) / (2 * sigma), 4, 100)),
        )
    return Asinh(
        low=_round(low), high=_round(high), softening=_round(np.clip(3 * sigma / (high - low), 0.005, 0.3))
    )


def _in_nanomaggies(unit: str, sky: float, sigma: float) -> bool:
    if unit:
        return "nanomagg" in unit.lower()
    # Survey depth puts the noise of a pixel in nanomaggies well under one; counts and physical units are far off.
    return 5e-4 < sigma < 0.5 and abs(sky) < 10 * sigma


def _round(value: float) -> float:
    return float(f"{value:.4g}")
