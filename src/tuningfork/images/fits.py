"""FITS images to flux: one band, a cube, several extensions, compressed in any of the usual ways."""

import bz2
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.background import fill_bad_pixels
from tuningfork.images.fits_header import (
    BAND_ORDER,
    band_names,
    centre_on_sky,
    claims_sky,
    image_planes,
    zero_point,
)
from tuningfork.images.fits_units import check_units
from tuningfork.images.headers import sniff

__all__ = ["FitsImage", "read_fits", "read_fits_bands", "unpacked"]


_NO_PLACE = "the sky coordinates in its header make no sense; kept without a position"


@dataclass(frozen=True)
class FitsImage:
    """One FITS image in memory.

    Attributes
    ----------
    flux : ndarray
        ``[H, W, C]`` float32, native byte order, row 0 as in the file (the lowest), bands from blue to red
        when their names tell, bad pixels replaced by the local background.
    bands : tuple of str
        One name per band; empty strings where the file gives none.
    ra, dec : float or None
        Sky position of the middle, degrees ICRS as the header has it.
    pixel_scale : float or None
        Arcsec per pixel, the geometric mean of both axes.
    bad_pixels : int
        How many pixels were NaN or infinite in at least one band.
    unit : str
        ``BUNIT``, or empty.
    zero_point : float or None
        AB magnitude of one unit of flux, where the header tells it.
    remark : str
        What the header says and cannot be used, as coordinates that make no sense; or empty.
    """

    flux: np.ndarray
    bands: tuple[str, ...]
    ra: float | None
    dec: float | None
    pixel_scale: float | None
    bad_pixels: int
    unit: str
    zero_point: float | None = None
    remark: str = ""


def read_fits(
    source: Path | bytes, *, name: str, max_pixels: int = 100_000_000, max_bytes: int = 1 << 30
) -> FitsImage:
    """Read a FITS image from a file or its bytes.

    Accepted: a plane ``(H, W)``; a cube ``(C, H, W)``; several image extensions of one shape (weights, masks
    and errors are left out by name); tile-compressed (``.fz``), gzip and bzip2 files, unpacked to at most
    ``max_bytes``.

    Raises
    ------
    ImageError
        Not FITS, truncated, no image in it, an odd shape, too large, or without one finite pixel.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    cube, names, header = _opened(data, name, max_pixels, max_bytes)
    return _finished(cube, names, header, name)


def read_fits_bands(files: Mapping[str, bytes], *, name: str, max_pixels: int = 100_000_000) -> FitsImage:
    """Read one image whose bands are files of their own: band -> bytes, each with one plane.

    Position, scale and unit are those of the first band; the zero point is None unless all have the same.

    Raises
    ------
    ImageError
        As `read_fits`, and for bands of unlike sizes; the message names the band.
    """
    cubes, headers = {}, {}
    for band, data in files.items():
        cube, _, headers[band] = _opened(data, f"{name}, band {band}", max_pixels, 1 << 30)
        if len(cube) != 1:
            raise ImageError(f"the file of band {band} holds {len(cube)} bands itself", where=name)
        cubes[band] = cube
    first = next(iter(cubes))
    for band, cube in cubes.items():
        if cube.shape != cubes[first].shape:
            sizes = [f"{c.shape[2]} x {c.shape[1]}" for c in (cube, cubes[first])]
            raise ImageError(f"band {band} has {sizes[0]} pixels, but {first} has {sizes[1]}", where=name)
    image = _finished(np.concatenate(list(cubes.values())), list(cubes), headers[first], name)
    zero_points = {zero_point(header, image.unit) for header in headers.values()}
    return replace(image, zero_point=zero_points.pop() if len(zero_points) == 1 else None)


def _opened(data: bytes, name: str, max_pixels: int, max_bytes: int) -> tuple[np.ndarray, list[str], Any]:
    """``(C, H, W)`` as it is in the file, names of the bands, and the first header."""
    from astropy.io import fits

    data = unpacked(data, name, max_bytes)
    if sniff(data) != "fits":
        raise ImageError("not a FITS file" if data else "the file is empty", where=name)
    check_units(data, name)
    try:
        with fits.open(io.BytesIO(data), memmap=False, lazy_load_hdus=False) as hdus:
            planes = image_planes(hdus, name, max_pixels)
            cube, header = _cube(planes, name), planes[0].header
            names = band_names(planes, cube.shape[0])
    except ImageError:
        raise
    except Exception as error:  # astropy answers damaged files with many kinds of exception
        raise ImageError(f"the FITS file is damaged or truncated ({_short(error)})", where=name) from error
    return cube, names, header


def unpacked(data: bytes, name: str, max_bytes: int = 1 << 30) -> bytes:
    """The bytes without gzip or bzip2, as they are when they have neither.

    Raises `ImageError` for damaged or truncated ones, and before more than ``max_bytes`` are unpacked.
    """
    kind = sniff(data)
    if kind not in ("gzip", "bzip2"):
        return data
    unpacker = zlib.decompressobj(wbits=31) if kind == "gzip" else bz2.BZ2Decompressor()
    try:
        out = unpacker.decompress(data, max_bytes + 1)
    except (zlib.error, OSError) as error:
        raise ImageError(f"the {kind} data are damaged", where=name) from error
    if len(out) > max_bytes:
        raise ImageError(f"it unpacks to more than the {max_bytes:,} bytes allowed", where=name)
    if not unpacker.eof:
        raise ImageError(f"the {kind} file is truncated", where=name, remedy="Fetch it again")
    return out


def _cube(planes: list, name: str) -> np.ndarray:
    """``(C, H, W)`` float32 in native byte order."""
    arrays = [np.asarray(plane.data) for plane in planes]
    if arrays[0].ndim > 3:
        arrays = [a.reshape(a.shape[-3:]) if a.shape[:-3] == (1,) * (a.ndim - 3) else a for a in arrays]
    if arrays[0].ndim > 3:
        raise ImageError(f"an image of shape {planes[0].shape} has too many axes", where=name)
    with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, which counts as bad
        return np.concatenate([(a if a.ndim == 3 else a[None]).astype(np.float32) for a in arrays])


def _finished(cube: np.ndarray, names: list[str], header, name: str) -> FitsImage:
    if len(set(names)) == len(names) > 1 and all(n in BAND_ORDER for n in names):
        order = sorted(range(len(names)), key=lambda k: BAND_ORDER.index(names[k]))
        cube, names = cube[order], [names[k] for k in order]
    flux = np.ascontiguousarray(cube.transpose(1, 2, 0))
    flux, bad = fill_bad_pixels(flux, name=name)
    place = centre_on_sky(header, *flux.shape[:2])
    ra, dec, scale = place or (None, None, None)
    unit = str(header.get("BUNIT", "")).strip()
    remark = "" if place or not claims_sky(header) else _NO_PLACE
    return FitsImage(flux, tuple(names), ra, dec, scale, bad, unit, zero_point(header, unit), remark)


def _short(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:120]
