"""A file to a stamp: what is stored of a galaxy, after every byte of it was read and found good."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.background import fill_bad_pixels
from tuningfork.images.bands import encode_bands
from tuningfork.images.decode import verify
from tuningfork.images.fits import FitsImage, read_fits
from tuningfork.images.headers import sniff

__all__ = ["Stamp", "array_stamp", "file_bytes", "flux_stamp", "picture_stamp", "read_stamp", "stamp_of"]

_MAX_FILE_BYTES = 1 << 30
_HASHED = 1_920  # bytes from the middle of packed bands that go into their digest


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stored bytes of one galaxy and the facts that go into its row.

    ``bands`` are the names of the bands when the file gives them, ``flux`` its pixels when they are linear,
    ``remark`` what the file says that cannot be used.
    """

    data: bytes
    format: str
    height: int
    width: int
    channels: int
    bad_pixels: int = 0
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = None
    bands: tuple[str, ...] = ()
    unit: str = ""
    zero_point: float | None = None
    remark: str = ""

    @property
    def is_flux(self) -> bool:
        """True for linear pixels, False for those stretched by whoever made the picture."""
        return self.format == "bands"

    @property
    def is_named(self) -> bool:
        """True when the file names each of its bands, all differently."""
        return len(self.bands) == self.channels == len({band for band in self.bands if band})

    def row(self) -> dict[str, Any]:
        """The columns of ours that follow from the stamp."""
        return {
            "stamp": self.data,
            "stamp_format": self.format,
            "height": self.height,
            "width": self.width,
            "channels": self.channels,
            "ra": self.ra,
            "dec": self.dec,
            "pixel_scale": self.pixel_scale,
            "bad_pixels": self.bad_pixels,
            "digest": _digest(self.data, self.format),
        }


def _digest(data: bytes, kind: str) -> str:
    """Equal stamps have equal digests: BLAKE2b of all bytes.

    Of large packed bands, of their start, which holds the shape and a checksum of everything, and of the
    middle: hashing all would take as long as the whole rest of their import. Two stamps that differ share a
    digest only when their middles agree byte for byte and so do their 32-bit checksums.
    """
    if kind == "bands" and len(data) > 16 * _HASHED:
        middle = len(data) // 2
        data = data[:64] + data[middle - _HASHED // 2 : middle + _HASHED // 2]
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def read_stamp(path: Path, *, name: str) -> Stamp:
    """Read one file whole and check that all of it decodes; a picture is kept byte for byte, FITS as packed
    bands.

    Raises
    ------
    ImageError
        When it cannot be read, is too large, or does not decode.
    """
    return stamp_of(file_bytes(path, name=name), name=name)


def file_bytes(path: Path, *, name: str) -> bytes:
    """All of a file; `ImageError` when it cannot be read or is too large for a stamp."""
    try:
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise ImageError(f"a file of {size:,} bytes is too large for a stamp", where=name)
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror})", where=name) from error


def stamp_of(data: bytes, *, name: str) -> Stamp:
    """The same for the bytes of a file, wherever they were."""
    if sniff(data) in ("fits", "gzip", "bzip2"):
        return flux_stamp(read_fits(data, name=name))
    header = verify(data, name=name)
    return Stamp(data, header.format, header.height, header.width, header.channels)


def flux_stamp(image: FitsImage) -> Stamp:
    """A FITS image as a stamp of packed bands."""
    flux = np.asarray(image.flux, np.float32)
    return Stamp(
        encode_bands(flux),
        "bands",
        *flux.shape,
        bad_pixels=image.bad_pixels,
        ra=image.ra,
        dec=image.dec,
        pixel_scale=image.pixel_scale,
        bands=image.bands,
        unit=image.unit,
        zero_point=image.zero_point,
        remark=image.remark,
    )


def array_stamp(flux: np.ndarray, *, name: str, **facts: Any) -> Stamp:
    """Linear pixels ``[H, W, C]``, blue first, as a stamp of packed bands; ``facts`` are fields of `Stamp`.

    Pixels that are NaN or infinite become the local background and are counted. Raises `ImageError` when none
    is finite.
    """
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and so a bad pixel
        filled, bad = fill_bad_pixels(np.asarray(flux, np.float32), name=name)
    return Stamp(encode_bands(filled), "bands", *filled.shape, bad_pixels=bad, **facts)


def picture_stamp(pixels: np.ndarray, **facts: Any) -> Stamp:
    """Encoded pixels ``[H, W, C]``, uint8 or uint16, blue first, C = 1 or 3, as a PNG without loss."""
    import cv2

    _, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return Stamp(data.tobytes(), "png", *pixels.shape, **facts)
