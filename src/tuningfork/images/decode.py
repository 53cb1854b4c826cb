"""A JPEG, PNG, WebP or TIFF to pixels, safely: by content, size checked first, never half a picture."""

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.headers import PictureHeader, read_header, sniff

__all__ = ["check_size", "decode", "sniff", "verify"]


def decode(
    data: bytes, *, name: str, max_pixels: int = 100_000_000, shortest: int | None = None
) -> np.ndarray:
    """Decode a picture.

    Parameters
    ----------
    data : bytes
        The file's content; its format is taken from the content, never from a file name.
    name : str
        File or id, for messages.
    max_pixels : int
        More pixels than this (height x width, from the header) are refused before decoding.
    shortest : int, optional
        The caller needs no more than this many pixels on the short side: a JPEG is then decoded at 1/2, 1/4
        or 1/8 of its size when that leaves at least as many, which is much faster.

    Returns
    -------
    ndarray
        ``[H, W, C]`` uint8 or uint16, C = 1 or 3, **blue first**, row 0 at the top. Alpha is dropped and an
        EXIF orientation is ignored on purpose: the sky has none.

    Raises
    ------
    ImageError
        Empty, truncated, not a picture, too large, or refused by the decoder.
    """
    header = read_header(data, name=name)
    check_size(header.height, header.width, name=name, max_pixels=max_pixels)
    pixels = _decode(data, header, _reduction(header, shortest))
    if pixels is None:
        raise ImageError(f"the {header.format} data are damaged", where=name, remedy="Fetch it again")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"pixels of type {pixels.dtype} in a {header.format}", where=name, remedy="Use FITS for flux"
        )
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def verify(data: bytes, *, name: str, max_pixels: int = 100_000_000) -> PictureHeader:
    """Read every byte of a picture as `decode` would, but build as few pixels as the format allows.

    For JPEG all entropy-coded data are read and an eighth of the size is built, which costs about half of a
    decode.

    Returns
    -------
    PictureHeader
        Format and full size. Raises `ImageError` as `decode` does.
    """
    header = read_header(data, name=name)
    check_size(header.height, header.width, name=name, max_pixels=max_pixels)
    if header.format != "jpeg":
        pixels = decode(data, name=name, max_pixels=max_pixels)
        return PictureHeader(header.format, *pixels.shape)
    if _decode(data, header, 8) is None:
        raise ImageError("the jpeg data are damaged", where=name, remedy="Fetch it again")
    return header


def check_size(height: int, width: int, *, name: str, max_pixels: int = 100_000_000) -> None:
    """Refuse a picture without pixels, or with more than ``max_pixels``, before memory is taken for it."""
    if height < 1 or width < 1:
        raise ImageError(f"the picture has no pixels ({width} x {height})", where=name)
    if height * width > max_pixels:
        raise ImageError(
            f"{width:,} x {height:,} pixels are more than the {max_pixels:,} allowed",
            where=name,
            remedy="Cut it into parts",
        )


def _reduction(header: PictureHeader, shortest: int | None) -> int:
    if shortest is None or header.format != "jpeg":
        return 1
    short = min(header.height, header.width)
    return next((factor for factor in (8, 4, 2) if short // factor >= shortest), 1)


def _decode(data: bytes, header: PictureHeader, reduction: int) -> np.ndarray | None:
    import cv2

    grey = header.channels == 1
    flags = {
        1: cv2.IMREAD_ANYDEPTH | (cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR),
        2: cv2.IMREAD_REDUCED_GRAYSCALE_2 if grey else cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_GRAYSCALE_4 if grey else cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_GRAYSCALE_8 if grey else cv2.IMREAD_REDUCED_COLOR_8,
    }[reduction]
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
