"""Float bands at rest: little-endian float32 planes with a checksum, compressed only where that pays.

Measured on 80 cut-outs of the Legacy Surveys (3 x 152 x 152, one thread of a 2-core cloud machine; size as a
share of the plain floats, speed of packing):

===================================  =====  =========
body                                 size   GB/s
===================================  =====  =========
bytes shuffled, zstd level 3 (TFB1)  0.856  0.29
bytes shuffled, zstd level 1         0.863  0.34
bytes shuffled, LZ4                  0.895  0.48
plain order, zstd level 1            0.934  0.59
plain order, LZ4                     1.000  2.6
as they are                          1.000  4.0
===================================  =====  =========

The mantissa of a noisy pixel is noise, so no codec saves more than a seventh, and the seventh costs ten times
the time at import and at every look. Such stamps are stored as they are. Pixels that were whole numbers once,
or are mostly blank, shrink to a half and less; a sample of each stamp tells, and those are shuffled and
compressed. The checksum is CRC-32 of the body, at 4 GB/s.
"""

import struct
import zlib
from functools import cache

import numpy as np

from tuningfork.errors import ImageError

__all__ = ["decode_bands", "encode_bands"]

_HEADER = struct.Struct("<4sIIII")  # magic, height, width, bands, packing; then CRC-32 of these and the body
_CHECKSUM = struct.Struct("<I")
_MAGIC = b"TFB2"
_PLAIN, _SHUFFLED = 0, 1

_OLD_HEADER = struct.Struct("<4sIIII")  # magic, height, width, bands, CRC-32 of the body: always shuffled
_OLD_MAGIC = b"TFB1"

_LEVEL = 1
_PAYS = 0.75  # of the plain size, judged on the sample
_PIECES, _PIECE = 4, 256  # of the sample: how many, and values in each


def encode_bands(array: np.ndarray) -> bytes:
    """Pack ``[H, W, C]`` float32 without loss; fastest when each band lies together in memory."""
    if array.ndim != 3:
        raise ValueError(f"bands must be [H, W, C], not {array.shape}")
    height, width, bands = array.shape
    flat = np.ascontiguousarray(array.transpose(2, 0, 1), dtype="<f4").reshape(-1)
    sample = _sample(flat)
    if _packed(sample).size < _PAYS * sample.nbytes:
        packing, body = _SHUFFLED, memoryview(_packed(flat))
    else:
        packing, body = _PLAIN, memoryview(flat).cast("B")
    header = _HEADER.pack(_MAGIC, height, width, bands, packing)
    return b"".join((header, _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(header))), body))


def decode_bands(data: bytes, *, name: str, max_values: int = 400_000_000) -> np.ndarray:
    """Unpack what `encode_bands` makes, or made in earlier versions: ``[H, W, C]`` float32; `ImageError` when
    damaged or too large."""
    (height, width, bands), packing, whole, body = _opened(data, name)
    values = height * width * bands
    if not 0 < values <= max_values:
        raise ImageError(f"packed bands of {width} x {height} x {bands} cannot be right", where=name)
    if not whole:
        raise _damaged(name)
    flat = _unpacked(body, values, name) if packing == _SHUFFLED else body
    if len(flat) != 4 * values:
        raise _damaged(name)
    planes = np.frombuffer(flat, "<f4").reshape(bands, height, width)
    return np.ascontiguousarray(planes.transpose(1, 2, 0)).astype(np.float32, copy=False)


def _opened(data: bytes, name: str) -> tuple[tuple[int, int, int], int, bool, memoryview]:
    """Shape, packing, whether the checksum is right, and the body."""
    view = memoryview(data)
    if len(view) >= _HEADER.size + 4 and view[:4] == _MAGIC:
        _, height, width, bands, packing = _HEADER.unpack_from(view)
        (checksum,), body = _CHECKSUM.unpack_from(view, _HEADER.size), view[_HEADER.size + 4 :]
        if packing not in (_PLAIN, _SHUFFLED):
            raise ImageError(f"bands of packing {packing} are unknown to this version", where=name)
        whole = zlib.crc32(body, zlib.crc32(view[: _HEADER.size])) == checksum
        return (height, width, bands), packing, whole, body
    if len(view) >= _OLD_HEADER.size and view[:4] == _OLD_MAGIC:
        _, height, width, bands, checksum = _OLD_HEADER.unpack_from(view)
        body = view[_OLD_HEADER.size :]
        return (height, width, bands), _SHUFFLED, zlib.crc32(body) == checksum, body
    raise ImageError("not packed bands", where=name)


def _sample(flat: np.ndarray) -> np.ndarray:
    """Some values from all over the stamp; all of a small one."""
    if flat.size <= _PIECES * _PIECE:
        return flat
    starts = np.linspace(0, flat.size - _PIECE, _PIECES + 2).astype(int)[1:-1]
    return np.concatenate([flat[start : start + _PIECE] for start in starts])


def _packed(flat: np.ndarray):
    """Exponents beside exponents: the four bytes of the numbers one after another for all, then zstd."""
    shuffled = np.ascontiguousarray(flat.view(np.uint8).reshape(-1, 4).T)
    return _codec().compress(memoryview(shuffled).cast("B"))


@cache
def _codec():
    import pyarrow as pa

    return pa.Codec("zstd", compression_level=_LEVEL)


def _unpacked(body: memoryview, values: int, name: str) -> memoryview:
    try:
        raw = _codec().decompress(body, decompressed_size=values * 4)
    except (OSError, ValueError) as error:
        raise _damaged(name) from error
    return memoryview(np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(4, -1).T).reshape(-1))


def _damaged(name: str) -> ImageError:
    return ImageError("packed bands are damaged", where=name, remedy="Import the galaxy again")
