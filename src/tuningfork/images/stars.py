"""Which sources of an image look like points: by how much of their light lies in the middle.

Light in a circle of one FWHM of the point spread function over that in a circle of two does not depend on
brightness for a point, and is less for anything wider. The FWHM and the ratio of a point are found from the
image's own brightest compact sources, so an image needs at least five stars.
"""

import numpy as np

from tuningfork.images.background import sky_level

__all__ = ["concentrations", "likely_stars"]

_BRIGHT = 30.0  # sigma of the peak: noise moves the ratio by little
_ROUND = 1.3  # elongation
_LEAST = 5  # stars
_SPREAD = 0.02  # of the ratio among stars: sampling, colour and the place in the image
_SIGMAS = 2.5


def concentrations(
    above: np.ndarray, labels: np.ndarray, x: np.ndarray, y: np.ndarray, fwhm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Light within one FWHM over light within two of each source, and the noise of that number.

    Parameters
    ----------
    above : ndarray
        ``[H, W]``, linear, without sky.
    labels : ndarray
        ``[H, W]``: 0 for the sky, ``k + 1`` for source ``k``; the pixels of other sources are left out.
    x, y : ndarray
        ``[n]``, pixels from 0.
    fwhm : float
        Pixels.

    Returns
    -------
    ratio, noise : ndarray
        ``[n]``; NaN where there is no light in the wider circle. Only the noise of the sky is counted.
    """
    sigma = sky_level(np.where(labels == 0, above, np.nan))[1]
    reach = int(np.ceil(2 * fwhm)) + 1
    ratio, noise = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for k, (column, row) in enumerate(zip(x, y, strict=True)):
        top, left = max(round(row) - reach, 0), max(round(column) - reach, 0)
        part = np.s_[top : round(row) + reach + 1, left : round(column) + reach + 1]
        other = (labels[part] != 0) & (labels[part] != k + 1)
        lines, columns = np.ogrid[top : top + other.shape[0], left : left + other.shape[1]]
        away = np.hypot(lines - row, columns - column)
        within = [np.clip(radius - away + 0.5, 0, 1) * ~other for radius in (fwhm, 2 * fwhm)]
        inner, outer = (float((above[part] * weight).sum()) for weight in within)
        if outer > 0:
            area, all_area = (float(weight.sum()) for weight in within)
            ratio[k] = c = inner / outer
            noise[k] = sigma * np.sqrt(area * (1 - c) ** 2 + max(all_area - area, 0) * c**2) / outer
    return ratio, noise


def likely_stars(
    above: np.ndarray,
    labels: np.ndarray,
    *,
    x: np.ndarray,
    y: np.ndarray,
    half_light: np.ndarray,
    peak_sigma: np.ndarray,
    elongation: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    """How concentrated each source is, and whether it is as concentrated as the image's points are.

    Arguments as for `concentrations`, and what `find_sources` measures, all ``[n]``. Saturated stars have a
    flat middle and count as wide; a galaxy that the image does not resolve counts as a star, as it must.

    Returns
    -------
    concentration, star : ndarray or None
        float and bool ``[n]``; None when the image has too few stars to tell.
    """
    clear = (peak_sigma > _BRIGHT) & (elongation < _ROUND) & (half_light > 0)
    if clear.sum() < _LEAST:
        return None
    # half-light radii are measured in whole pixels: good enough for the size of the circles
    narrow = _crowd_at_top(-np.log(half_light[clear]), 0.08)
    radius = np.quantile(half_light[clear], 0.05) if narrow is None else np.exp(-narrow)
    ratio, noise = concentrations(above, labels, x, y, max(2 * float(radius), 1.5))
    point = _crowd_at_top(ratio[clear & np.isfinite(ratio)], _SPREAD)
    if point is None:
        return None
    with np.errstate(invalid="ignore"):  # NaN, where there is no light, is no star
        near = np.abs(ratio - point) <= np.hypot(2 * _SPREAD, _SIGMAS * noise)
        return ratio, near & (noise < 0.1)


def _crowd_at_top(values: np.ndarray, width: float) -> float | None:
    """Where values crowd at the upper end, or None.

    A crowd is at least five within ``width`` to both sides, three times as many as in the stretch of the same
    length below it, with at most a tenth of all values above it. Stars make one: they all have one ratio.
    The most compact of many galaxies do not: there are ever more below them.
    """
    values = np.sort(values)
    lower, upper = (np.searchsorted(values, values + step) for step in (-width, width))
    crowd = upper - lower
    below = lower - np.searchsorted(values, values - 3 * width)
    good = (crowd >= _LEAST) & (crowd >= 3 * below) & (len(values) - upper <= 0.1 * len(values))
    if not good.any():
        return None
    best = np.flatnonzero(good)[np.argmax(crowd[good])]
    return float(np.median(values[lower[best] : upper[best]]))
