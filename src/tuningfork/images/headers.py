"""What a picture file says of itself, before anything is decoded: format, size and channels."""

import struct
from dataclasses import dataclass

from tuningfork.errors import ImageError

__all__ = ["PictureHeader", "read_header", "sniff"]

_MAGIC = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"SIMPLE  =": "fits",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}  # grey, RGB, palette, grey + alpha, RGB + alpha
_JPEG_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(frozen=True)
class PictureHeader:
    """Format (``jpeg``, ``png``, ``webp``, ``tiff``), height, width and channels (1 or 3) of a picture."""

    format: str
    height: int
    width: int
    channels: int


def sniff(data: bytes) -> str | None:
    """By magic bytes: ``jpeg``, ``png``, ``webp``, ``tiff``, ``fits``, ``gzip``, ``bzip2`` or None."""
    if data[:4] == b"RIFF":
        return "webp" if data[8:12] == b"WEBP" else None
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def read_header(data: bytes, *, name: str) -> PictureHeader:
    """Format and size from the header alone, and whether the file has its end.

    Raises
    ------
    ImageError
        When the bytes are empty, of no known picture format, or break off before their end.
    """
    if not data:
        raise ImageError("the file is empty", where=name)
    kind = sniff(data)
    if kind not in _READERS:
        found = f"it is {kind}" if kind else _guess(data)
        raise ImageError(f"not a picture that can be decoded ({found})", where=name)
    try:
        return _READERS[kind](data)
    except (struct.error, IndexError, KeyError) as error:
        raise ImageError(f"the {kind} header is damaged", where=name) from error
    except _CutOffError:
        raise ImageError(f"the {kind} file is truncated", where=name, remedy="Fetch it again") from None


def _guess(data: bytes) -> str:
    page = data[:256].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"{"))
    return "it is a page of text, such as an answer of a service" if page else "not a JPEG, PNG, WebP or TIFF"


class _CutOffError(Exception):
    pass


def _jpeg(data: bytes) -> PictureHeader:
    position, found = 2, None
    while position < len(data) - 3:
        if data[position] != 0xFF:
            position += 1
            continue
        marker = data[position + 1]
        if marker in (0xFF, 0x01) or 0xD0 <= marker <= 0xD8:  # fill bytes and markers without a body
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker in _JPEG_FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, position + 5)
            found = PictureHeader("jpeg", height, width, 1 if components == 1 else 3)
        if marker == 0xDA:
            # Inside the scans 0xFF is always stuffed or a restart marker, so this can only be the true end.
            if data.find(b"\xff\xd9", position + 2 + length) < 0:
                raise _CutOffError
            break
        position += 2 + length
    else:
        raise _CutOffError
    if found is None:
        raise KeyError("no frame header")
    return found


def _png(data: bytes) -> PictureHeader:
    width, height, _depth, colour = struct.unpack_from(">IIBB", data, 16)
    position = 8
    while True:
        if position + 12 > len(data):
            raise _CutOffError
        (length,) = struct.unpack_from(">I", data, position)
        if data[position + 4 : position + 8] == b"IEND":
            return PictureHeader("png", height, width, _PNG_CHANNELS[colour])
        position += 12 + length


def _webp(data: bytes) -> PictureHeader:
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        raise _CutOffError
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise KeyError(chunk)
    return PictureHeader("webp", height, width, 3)


def _tiff(data: bytes) -> PictureHeader:
    """Size and samples per pixel from the first directory of a TIFF."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    if start + 2 > len(data):
        raise _CutOffError
    (entries,) = struct.unpack_from(f"{order}H", data, start)
    if start + 2 + 12 * entries > len(data):
        raise _CutOffError
    tags: dict[int, int] = {}
    for entry in range(entries):
        tag, kind, _count = struct.unpack_from(f"{order}HHI", data, start + 2 + 12 * entry)
        if kind in (3, 4):  # 16 or 32 bits, written in place
            (tags[tag],) = struct.unpack_from(
                f"{order}{'H' if kind == 3 else 'I'}", data, start + 10 + 12 * entry
            )
    return PictureHeader(
        "tiff", tags[257], tags[256], 1 if tags.get(277, 1) < 3 and tags.get(262) != 3 else 3
    )


_READERS = {"jpeg": _jpeg, "png": _png, "webp": _webp, "tiff": _tiff}
