"""Find galaxies in a wide image (background, detection, deblending by photutils) and cut each out."""

import warnings
from dataclasses import dataclass

import numpy as np

from tuningfork.images.background import sky_level
from tuningfork.images.crop import Box

__all__ = ["Source", "cut_out", "find_sources", "stamp_box"]

_CONTRAST = 0.005  # share of an object's flux that makes a peak an object of its own; SExtractor's default


@dataclass(frozen=True, slots=True)
class Source:
    """One object found in an image; pixel coordinates from 0, ``x`` along columns, ``y`` along rows.

    ``area`` is in pixels above the threshold, ``flux`` the sum above the background in the image's units,
    ``peak_sigma`` the brightest smoothed pixel over the noise, ``elongation`` major over minor axis,
    ``half_light`` the radius in pixels that holds half of the flux.
    """

    x: float
    y: float
    box: Box
    area: int
    flux: float
    peak_sigma: float
    elongation: float
    half_light: float


def find_sources(
    image: np.ndarray,
    *,
    threshold_sigma: float = 1.5,
    min_pixels: int = 12,
    smooth: float = 2.5,
    deblend: bool = True,
    background_box: int = 64,
) -> list[Source]:
    """Objects that stand out of the local background, brightest first.

    Parameters
    ----------
    image : ndarray
        ``[H, W]``, or ``[H, W, C]`` whose bands are averaged; any number type. NaN is taken as masked.
    threshold_sigma : float
        Pixels of the smoothed image this many times its noise above the background belong to objects.
    min_pixels : int
        Objects have at least so many touching pixels.
    smooth : float
        FWHM in pixels of the Gaussian that the image is smoothed with for the detection; 0 for none.
    deblend : bool
        Part objects that touch (multi-thresholding, as SExtractor; Bertin & Arnouts 1996).
    background_box : int
        Side in pixels of the mesh in which the background is estimated; larger than the largest galaxy of
        interest.

    Returns
    -------
    list of Source
    """
    from photutils.segmentation import deblend_sources, detect_sources

    plane = np.asarray(image, np.float32)
    plane = plane.mean(axis=2) if plane.ndim == 3 else plane
    mask = ~np.isfinite(plane)
    if mask.all():
        return []
    plane = np.where(mask, 0, plane)
    smoothed = _smoothed(plane, mask, smooth)
    sky, noise = _sky(smoothed, mask, background_box)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is nothing to find is an answer, not a warning
        segments = detect_sources(smoothed - sky, threshold_sigma * noise, min_pixels, mask=mask)
    if segments is None:
        return []
    if deblend:
        segments = deblend_sources(
            smoothed - sky, segments, min_pixels, contrast=_CONTRAST, progress_bar=False
        )
    sources = _measured(np.where(mask, 0, plane - sky), (smoothed - sky) / noise, segments)
    return sorted(sources, key=lambda source: -source.flux)


def stamp_box(source: Source, *, margin: float = 2.0, least: int = 24) -> Box:
    """The square around a source: ``margin`` times its longer side, never less than ``least`` pixels.

    It may reach beyond the image.
    """
    side = max(least, round(max(source.box.height, source.box.width) * margin))
    middle_y, middle_x = source.box.top + source.box.height / 2, source.box.left + source.box.width / 2
    return Box(round(middle_y - side / 2), round(middle_x - side / 2), side, side)


def cut_out(image: np.ndarray, source: Source, *, margin: float = 2.0, least: int = 24) -> np.ndarray:
    """The stamp of a source: ``[S, S, C]`` out of ``[H, W, C]``, of the same number type.

    What lies beyond the edge of the image is filled with each band's median along the border of the visible
    part, so that the sky goes on.
    """
    box = stamp_box(source, margin=margin, least=least)
    top, left = max(box.top, 0), max(box.left, 0)
    part = image[top : max(box.top + box.height, 0), left : max(box.left + box.width, 0)]
    if part.shape[:2] == (box.height, box.width):
        return part.copy()
    border = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    stamp = np.empty((box.height, box.width, image.shape[2]), image.dtype)
    stamp[:] = np.median(border, axis=0).astype(image.dtype)
    row, column = top - box.top, left - box.left
    stamp[row : row + part.shape[0], column : column + part.shape[1]] = part
    return stamp


def _smoothed(plane: np.ndarray, mask: np.ndarray, fwhm: float) -> np.ndarray:
    """Gaussian smoothing that masked pixels take no part in."""
    if fwhm <= 0:
        return plane
    import cv2

    sigma = fwhm / 2.3548
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    if not mask.any():
        return smooth
    weight = cv2.GaussianBlur((~mask).astype(np.float32), (0, 0), sigma)
    return smooth / np.maximum(weight, 0.05)


def _sky(plane: np.ndarray, mask: np.ndarray, mesh: int) -> tuple[np.ndarray, np.ndarray]:
    """Level and noise (never 0) of the sky at every pixel, from a mesh of sigma-clipped cells."""
    from photutils.background import Background2D

    mesh = max(4, min(mesh, *plane.shape))
    try:
        found = Background2D(plane, mesh, mask=mask, filter_size=3, exclude_percentile=50)
        level, noise = found.background, found.background_rms
    except ValueError:  # no cell is half free of masked pixels
        level, noise = (np.full(plane.shape, value) for value in sky_level(plane))
    positive = noise[noise > 0]
    least = 0.1 * float(np.median(positive)) if positive.size else 1e-6 + 1e-3 * float(np.abs(plane).max())
    return level.astype(np.float32), np.maximum(noise, least).astype(np.float32)


def _measured(above: np.ndarray, significance: np.ndarray, segments) -> list[Source]:
    from photutils.segmentation import SourceCatalog

    labels = np.asarray(segments.data)
    shapes = SourceCatalog(above, segments, convolved_data=np.maximum(significance, 0))
    elongation = np.nan_to_num(np.atleast_1d(np.asarray(shapes.elongation)), nan=1.0, posinf=99.0)
    centres = zip(np.atleast_1d(shapes.x_centroid), np.atleast_1d(shapes.y_centroid), strict=True)
    sources = []
    for k, (label, window, centre) in enumerate(zip(segments.labels, segments.slices, centres, strict=True)):
        inside = labels[window] == label
        values = above[window][inside]
        box = Box(window[0].start, window[1].start, *inside.shape)
        x, y = centre if np.isfinite(centre).all() else (box.left + box.width / 2, box.top + box.height / 2)
        rows, columns = np.nonzero(inside)
        radii = np.hypot(rows + box.top - y, columns + box.left - x)
        sources.append(
            Source(
                float(x),
                float(y),
                box,
                int(inside.sum()),
                float(values.sum()),
                float(significance[window][inside].max()),
                float(elongation[k]),
                _half_light(values, radii),
            )
        )
    return sources


def _half_light(values: np.ndarray, radii: np.ndarray) -> float:
    """Radius that holds half of the positive flux of a segment; pixels count as discs of their own size."""
    order = np.argsort(radii)
    growth = np.cumsum(np.maximum(values[order], 0))
    if growth[-1] <= 0:
        return 0.0
    return float(radii[order][np.searchsorted(growth, growth[-1] / 2)] + 0.5)
