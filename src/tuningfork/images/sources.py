"""Find galaxies in a wide image (background, detection, deblending by photutils) and cut each out."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tuningfork.images.background import sky_level
from tuningfork.images.crop import Box

__all__ = ["Source", "cut_box", "cut_out", "find_in_tiles", "find_sources", "stamp_box"]

_CONTRAST = 0.005  # share of an object's flux that makes a peak an object of its own; SExtractor's default


@dataclass(frozen=True, slots=True)
class Source:
    """One object found in an image; pixel coordinates from 0, ``x`` along columns, ``y`` along rows.

    ``area`` is in pixels above the threshold, ``flux`` the sum above the background in the image's units,
    ``peak_sigma`` the brightest smoothed pixel over the noise, ``elongation`` major over minor axis,
    ``half_light`` the radius in pixels that holds half of the flux, ``concentration`` the light within one
    FWHM of a point over that within two, ``likely_star`` whether that is what a point has; both are None
    where it was not asked, or the image has too few stars to tell (see `tuningfork.images.stars`).
    """

    x: float
    y: float
    box: Box
    area: int
    flux: float
    peak_sigma: float
    elongation: float
    half_light: float
    concentration: float | None = None
    likely_star: bool | None = None


def find_sources(
    image: np.ndarray,
    *,
    threshold_sigma: float = 1.5,
    min_pixels: int = 12,
    smooth: float = 2.5,
    deblend: bool = True,
    background_box: int = 64,
    stars: bool = False,
) -> list[Source]:
    """Objects that stand out of the local background, brightest first.

    Parameters
    ----------
    image : ndarray
        ``[H, W]``, or ``[H, W, C]`` whose bands are averaged; any number type. NaN, and blocks of 9 x 9
        pixels or more that are exactly 0, hold no data.
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
    stars : bool
        Tell stars from galaxies; for linear pixels only.

    Returns
    -------
    list of Source
    """
    from photutils.segmentation import deblend_sources, detect_sources

    plane = np.asarray(image, np.float32)
    plane = plane.mean(axis=2) if plane.ndim == 3 else plane
    mask = ~np.isfinite(plane) | _no_data(plane)
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
    above = np.where(mask, 0, plane - sky)
    sources = _measured(above, (smoothed - sky) / noise, segments)
    if stars:
        segments.relabel_consecutive()
        sources = _told_apart(sources, above, np.asarray(segments.data))
    return sorted(sources, key=lambda source: -source.flux)


def find_in_tiles(
    window: Callable[[int, int, int, int], np.ndarray],
    shape: tuple[int, ...],
    *,
    tile: int = 4096,
    overlap: int = 512,
    **how,
) -> Iterator[list[Source]]:
    """`find_sources` on an image of any size, tile by tile, in bounded memory.

    Each tile is searched with ``overlap`` pixels around it, and gives the sources whose centre lies in the
    tile itself. A galaxy longer than twice the overlap may be cut at a border of tiles.

    Parameters
    ----------
    window : callable
        Gives the pixels of a box (top, left, height, width), less what lies beyond the edges.
    shape : tuple of int
        Height and width first.
    tile, overlap : int
        Pixels.
    **how
        As for `find_sources`.

    Yields
    ------
    list of Source
        Of one tile, brightest first, in coordinates of the whole image.
    """
    height, width = shape[:2]
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            above, before = max(top - overlap, 0), max(left - overlap, 0)
            pixels = window(above, before, top + tile + overlap - above, left + tile + overlap - before)
            found = (_moved(source, above, before) for source in find_sources(pixels, **how))
            yield [s for s in found if 0 <= s.y + 0.5 - top < tile and 0 <= s.x + 0.5 - left < tile]


def _moved(source: Source, rows: int, columns: int) -> Source:
    box = source.box
    box = Box(box.top + rows, box.left + columns, box.height, box.width)
    return replace(source, x=source.x + columns, y=source.y + rows, box=box)


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

    def window(top: int, left: int, height: int, width: int) -> np.ndarray:
        return image[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]

    return cut_box(window, stamp_box(source, margin=margin, least=least))


def cut_box(window: Callable[[int, int, int, int], np.ndarray], box: Box) -> np.ndarray:
    """The pixels of a box ``[h, w, C]`` that may reach beyond the image, filled there as `cut_out` does.

    ``window`` gives the part of a box (top, left, height, width) that lies in the image, at least one pixel.
    """
    part = window(box.top, box.left, box.height, box.width)
    if part.shape[:2] == (box.height, box.width):
        return part.copy()
    border = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    border = border[np.isfinite(border).all(axis=1)]
    stamp = np.zeros((box.height, box.width, part.shape[2]), part.dtype)
    if len(border):
        stamp[:] = np.median(border, axis=0).astype(part.dtype)
    row, column = max(-box.top, 0), max(-box.left, 0)
    stamp[row : row + part.shape[0], column : column + part.shape[1]] = part
    return stamp


def _no_data(plane: np.ndarray) -> np.ndarray:
    """Blocks of pixels that are exactly 0: where a mosaic was never observed. A single 0 is a value."""
    import cv2

    zero = (plane == 0).astype(np.uint8)
    if not zero.any():
        return zero.astype(bool)
    return cv2.morphologyEx(zero, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)).astype(bool)


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


def _told_apart(sources: list[Source], above: np.ndarray, labels: np.ndarray) -> list[Source]:
    """The same, each with its concentration and whether it is likely a star."""
    from tuningfork.images.stars import likely_stars

    names = ("x", "y", "half_light", "peak_sigma", "elongation")
    measured = {name: np.array([getattr(source, name) for source in sources], float) for name in names}
    found = likely_stars(above, labels, **measured)
    if found is None:
        return sources
    return [
        replace(source, concentration=float(ratio), likely_star=bool(star))
        for source, ratio, star in zip(sources, *found, strict=True)
    ]


def _half_light(values: np.ndarray, radii: np.ndarray) -> float:
    """Radius that holds half of the positive flux of a segment; pixels count as discs of their own size."""
    order = np.argsort(radii)
    growth = np.cumsum(np.maximum(values[order], 0))
    if growth[-1] <= 0:
        return 0.0
    return float(radii[order][np.searchsorted(growth, growth[-1] / 2)] + 0.5)
