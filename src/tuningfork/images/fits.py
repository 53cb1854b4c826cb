"""FITS images to flux: one band, a cube, several extensions, compressed in any of the usual ways."""

import bz2
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.background import fill_bad_pixels
from tuningfork.images.decode import check_size
from tuningfork.images.headers import sniff

__all__ = ["FitsImage", "read_fits"]

# Blue to red; what is not among them keeps the order of the file.
_BAND_ORDER = ["fuv", "nuv", "u", "b", "g", "v", "r", "i", "z", "y", "j", "h", "k"]
_NOT_BANDS = ("invvar", "ivar", "weight", "wht", "mask", "dq", "err", "var", "psf", "nexp", "exp", "flag")
_MAX_BANDS = 64
_ZERO_POINTS = ("MAGZERO", "MAGZPT", "MAGZP", "ZEROPOINT", "ZEROPNT", "PHOTZP", "ZP")


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
    wcs : astropy.wcs.WCS or None
        The celestial coordinates of the image plane.
    zero_point : float or None
        AB magnitude of one unit of flux, where the header tells it.
    """

    flux: np.ndarray
    bands: tuple[str, ...]
    ra: float | None
    dec: float | None
    pixel_scale: float | None
    bad_pixels: int
    unit: str
    wcs: Any
    zero_point: float | None = None


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
    from astropy.io import fits

    data = _unpacked(source if isinstance(source, bytes) else Path(source).read_bytes(), name, max_bytes)
    if sniff(data) != "fits":
        raise ImageError("not a FITS file" if data else "the file is empty", where=name)
    try:
        with fits.open(io.BytesIO(data), memmap=False, lazy_load_hdus=False) as hdus:
            planes = _image_planes(hdus, name, max_pixels)
            cube, header = _cube(planes, name), planes[0].header
            names = _band_names(planes, cube.shape[0])
    except ImageError:
        raise
    except Exception as error:  # astropy answers damaged files with many kinds of exception
        raise ImageError(f"the FITS file is damaged or truncated ({_short(error)})", where=name) from error
    return _finished(cube, names, header, name)


def _unpacked(data: bytes, name: str, max_bytes: int) -> bytes:
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


def _image_planes(hdus, name: str, max_pixels: int) -> list:
    """The image units that make up one picture, their size checked in the header before it is read."""
    from astropy.io.fits import CompImageHDU, ImageHDU, PrimaryHDU

    images = [h for h in hdus if isinstance(h, PrimaryHDU | ImageHDU | CompImageHDU) and len(h.shape) >= 2]
    if not images:
        raise ImageError("no image in this FITS file", where=name)
    bands = [h for h in images if not h.name.lower().startswith(_NOT_BANDS)] or images[:1]
    bands = [h for h in bands if h.shape == bands[0].shape] if len(bands[0].shape) == 2 else bands[:1]
    shape = bands[0].shape
    check_size(*shape[-2:], name=name, max_pixels=max_pixels)
    count = len(bands) * int(np.prod(shape[:-2], dtype=np.int64))
    if count < 1 or count > _MAX_BANDS:
        raise ImageError(
            f"an image of shape {shape} is not a plane (H, W) or a cube (C, H, W) of bands", where=name
        )
    check_size(count * shape[-2], shape[-1], name=name, max_pixels=4 * max_pixels)
    return bands


def _cube(planes: list, name: str) -> np.ndarray:
    """``(C, H, W)`` float32 in native byte order."""
    arrays = [np.asarray(plane.data) for plane in planes]
    if arrays[0].ndim > 3:
        arrays = [a.reshape(a.shape[-3:]) if a.shape[:-3] == (1,) * (a.ndim - 3) else a for a in arrays]
    if arrays[0].ndim > 3:
        raise ImageError(f"an image of shape {planes[0].shape} has too many axes", where=name)
    with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, which counts as bad
        return np.concatenate([(a if a.ndim == 3 else a[None]).astype(np.float32) for a in arrays])


def _band_names(planes: list, count: int) -> list[str]:
    header = planes[0].header
    if len(planes) == count > 1:
        return [_band(p.header) or p.name.lower().removeprefix("primary") for p in planes]
    listed = [str(header.get(f"BAND{n}", "")).strip().lower() for n in range(count)]
    if all(listed):
        return listed
    together = str(header.get("BANDS", "")).strip().lower()
    if len(together) == count:
        return list(together)
    return [_band(header)] if count == 1 else [""] * count


def _band(header) -> str:
    words = str(header.get("FILTER", "")).strip().lower().split()
    return words[0].split(".")[0] if words and words[0][0].isalpha() else ""


def _finished(cube: np.ndarray, names: list[str], header, name: str) -> FitsImage:
    if len(set(names)) == len(names) > 1 and all(n in _BAND_ORDER for n in names):
        order = sorted(range(len(names)), key=lambda k: _BAND_ORDER.index(names[k]))
        cube, names = cube[order], [names[k] for k in order]
    flux = np.ascontiguousarray(cube.transpose(1, 2, 0))
    flux, bad = fill_bad_pixels(flux, name=name)
    wcs = _celestial(header)
    ra = dec = scale = None
    if wcs is not None:
        height, width = flux.shape[:2]
        ra, dec = (float(v) for v in wcs.wcs_pix2world([[(width - 1) / 2, (height - 1) / 2]], 0)[0])
        scale = float(np.sqrt(np.prod(_axis_scales(wcs))) * 3600)
    unit = str(header.get("BUNIT", "")).strip()
    return FitsImage(flux, tuple(names), ra, dec, scale, bad, unit, wcs, _zero_point(header, unit))


def _zero_point(header, unit: str) -> float | None:
    """From the keywords that surveys use, or from the unit's own meaning."""
    for key in _ZERO_POINTS:
        value = header.get(key)
        if isinstance(value, int | float) and 0 < value < 50:
            return float(value)
    return 22.5 if unit.lower() in ("nanomaggy", "nanomaggies", "nmgy") else None


def _celestial(header):
    from astropy.wcs import WCS

    try:
        wcs = WCS(header).celestial
    except Exception:  # a header without usable coordinates is no reason to lose the pixels
        return None
    if wcs.naxis != 2 or not wcs.has_celestial:
        return None
    return wcs if np.isfinite(wcs.wcs_pix2world([[0, 0]], 0)).all() else None


def _axis_scales(wcs) -> np.ndarray:
    from astropy.wcs.utils import proj_plane_pixel_scales

    return proj_plane_pixel_scales(wcs)  # degrees per pixel


def _short(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:120]
