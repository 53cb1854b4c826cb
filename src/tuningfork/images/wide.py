"""A wide image that need not fit into memory: FITS or a picture, one or more bands, read window by window."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.decode import decode
from tuningfork.images.fits import unpacked
from tuningfork.images.fits_header import (
    BAND_ORDER,
    band_in_name,
    band_names,
    celestial,
    image_planes,
    pixel_scale,
    pixels_of_sky,
    sky_of_pixels,
    zero_point,
)
from tuningfork.images.fits_units import check_units, check_units_of
from tuningfork.images.headers import sniff

__all__ = ["WideImage", "open_wide"]

_MOST_PIXELS = 1 << 40  # of one file; windows of it are what takes memory
_SAME_GRID = 0.1  # pixels


class WideImage(ABC):
    """An image cut from, but never held as a whole where its format allows.

    Attributes
    ----------
    name : str
        For messages.
    shape : tuple of int
        Height, width, bands; row 0 is the first of the file.
    bands : tuple of str
        Blue to red; empty strings where nothing names them.
    is_flux : bool
        Linear pixels, or those stretched by whoever made the picture.
    wcs : astropy.wcs.WCS or None
    pixel_scale : float or None
        Arcsec per pixel.
    unit : str
    zero_point : float or None
    """

    name: str
    shape: tuple[int, int, int]
    bands: tuple[str, ...] = ()
    is_flux: bool = True
    wcs: Any = None
    unit: str = ""
    zero_point: float | None = None

    @abstractmethod
    def window(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """The pixels there, ``[h, w, C]``, float32 with NaN or as decoded, less what lies beyond the edges.

        May be called from several threads.
        """

    @cached_property
    def pixel_scale(self) -> float | None:
        """Arcsec per pixel, or None."""
        return None if self.wcs is None else pixel_scale(self.wcs)

    def _clipped(self, top: int, left: int, height: int, width: int) -> tuple[slice, slice]:
        rows = slice(max(top, 0), max(min(top + height, self.shape[0]), 0))
        return rows, slice(max(left, 0), max(min(left + width, self.shape[1]), 0))


def open_wide(files: Sequence[Path]) -> WideImage:
    """One image from one file, or from several of one grid with a band each.

    Plain FITS is read from the disk and tile-compressed FITS tile by tile; pictures and FITS under gzip or
    bzip2 are unpacked into memory.

    Raises
    ------
    ImageError
        What cannot be read, or files whose pixels do not lie on one grid: of one shape, and with
        coordinates that agree to a tenth of a pixel.
    """
    if len(files) == 1:
        return _one(files[0])
    return _Stack([_one(file) for file in files])


def _one(file: Path) -> WideImage:
    try:
        with file.open("rb") as opened:
            kind = sniff(opened.read(16))
        if kind in ("fits", "gzip", "bzip2"):
            return _FitsWide(file, packed=kind != "fits")
        return _Picture(file)
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror or error})", where=file.name) from error


class _Picture(WideImage):
    is_flux = False

    def __init__(self, file: Path):
        self.name = file.name
        self._pixels = decode(file.read_bytes(), name=file.name)
        self.shape = self._pixels.shape
        self.bands = ("",) * self.shape[2]

    def window(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        return self._pixels[self._clipped(top, left, height, width)]


class _FitsWide(WideImage):
    def __init__(self, file: Path, *, packed: bool):
        from astropy.io import fits

        self.name = file.name
        self._lock = threading.Lock()  # sections move the one file handle
        source = str(file)
        if packed:
            data = unpacked(file.read_bytes(), file.name)
            check_units(data, file.name)
            source = BytesIO(data)
        else:
            check_units_of(file, file.name)
        try:
            self._hdus = fits.open(source, memmap=False, lazy_load_hdus=False)
            self._planes = image_planes(self._hdus, file.name, _MOST_PIXELS)
            shape = self._planes[0].shape
            if len(shape) > 2 and set(shape[:-3]) - {1}:
                raise ImageError(f"an image of shape {shape} has too many axes", where=file.name)
            header = self._planes[0].header
            count = len(self._planes) if len(shape) == 2 else shape[-3]
            names = band_names(self._planes, count)
        except ImageError:
            raise
        except Exception as error:  # astropy answers damaged files with many kinds of exception
            raise ImageError(
                f"the FITS file is damaged or truncated ({str(error)[:80]})", where=file.name
            ) from error
        self.shape = (*shape[-2:], count)
        self._order = _blue_to_red(names)
        self.bands = tuple(names[k] for k in self._order)
        self.wcs = celestial(header)
        self.unit = str(header.get("BUNIT", "")).strip()
        self.zero_point = zero_point(header, self.unit)

    def window(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        rows, columns = self._clipped(top, left, height, width)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return np.empty((0, 0, self.shape[2]), np.float32)
        try:
            with self._lock, np.errstate(over="ignore"):
                parts = [self._section(plane, rows, columns) for plane in self._planes]
        except Exception as error:  # a file that ends early shows it here, as an array that has no such shape
            why = "it ends before this place" if "reshape" in str(error) else str(error)[:80]
            raise ImageError(f"the FITS file is damaged or truncated ({why})", where=self.name) from error
        return np.ascontiguousarray(np.concatenate(parts)[self._order].transpose(1, 2, 0))

    @staticmethod
    def _section(plane, rows: slice, columns: slice) -> np.ndarray:
        before = (0,) * max(0, len(plane.shape) - 3)
        bands = (slice(None),) if len(plane.shape) > 2 else ()
        part = np.asarray(plane.section[(*before, *bands, rows, columns)], np.float32)
        return part if part.ndim == 3 else part[None]


class _Stack(WideImage):
    """Images of one grid, a band each."""

    def __init__(self, images: list[WideImage]):
        for image in images:
            _check_one_band(image)
            _check_same_grid(images[0], image)
        names = _band_of_each(images)
        self._images = [images[k] for k in _blue_to_red(names)]
        self.bands = tuple(names[k] for k in _blue_to_red(names))
        first = images[0]
        self.name = first.name
        self.shape = (*first.shape[:2], len(images))
        self.wcs = next((image.wcs for image in images if image.wcs is not None), None)
        units, zeros = {image.unit for image in images}, {image.zero_point for image in images}
        self.unit = first.unit if len(units) == 1 else ""
        self.zero_point = first.zero_point if len(zeros) == 1 else None

    def window(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        return np.concatenate([image.window(top, left, height, width) for image in self._images], axis=2)


def _blue_to_red(names: Sequence[str]) -> list[int]:
    if len(set(names)) == len(names) and all(name in BAND_ORDER for name in names):
        return sorted(range(len(names)), key=lambda k: BAND_ORDER.index(names[k]))
    return list(range(len(names)))


def _band_of_each(images: Sequence[WideImage]) -> list[str]:
    """The bands as headers tell them; as file names do where headers are silent or all say the same."""
    headers = [image.bands[0] for image in images]
    if all(headers) and len(set(headers)) == len(headers):
        return headers
    names = [(band_in_name(image.name) or ("",))[0] for image in images]
    return names if all(names) and len(set(names)) == len(names) else [""] * len(images)


def _check_one_band(image: WideImage) -> None:
    if image.shape[2] != 1 or not image.is_flux:
        raise ImageError(
            "several images make one only when each is FITS of one band",
            where=image.name,
            remedy="Name one file",
        )


def _check_same_grid(first: WideImage, image: WideImage) -> None:
    """Raise unless each pixel of both shows the same place of the sky."""
    if image.shape != first.shape:
        sizes = " and ".join("{1} x {0}".format(*i.shape) for i in (first, image))
        raise ImageError(
            f"it is not on the grid of {first.name} ({sizes} pixels)",
            where=image.name,
            remedy="Give images of one field in a folder of their own, resampled to one grid",
        )
    if first.wcs is None or image.wcs is None:
        return
    height, width = first.shape[:2]
    x, y = (
        np.array([0, width - 1, 0, width - 1, width / 2]),
        np.array([0, 0, height - 1, height - 1, height / 2]),
    )
    there = pixels_of_sky(image.wcs, *sky_of_pixels(first.wcs, x, y))
    apart = np.hypot(there[0] - x, there[1] - y).max()
    if not apart <= _SAME_GRID:
        raise ImageError(
            f"its grid is {apart:.2f} pixels off that of {first.name}"
            if np.isfinite(apart)
            else f"it shows another part of the sky than {first.name}",
            where=image.name,
            remedy="Resample the bands to one grid first, for example with the package reproject",
        )
