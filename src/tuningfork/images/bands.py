"""Float bands at rest: little-endian float32, byte-shuffled, zstd-compressed, with a checksum."""

import struct
import zlib

import numpy as np

from tuningfork.errors import ImageError

__all__ = ["decode_bands", "encode_bands"]

_HEADER = struct.Struct("<4sIIII")  # magic, height, width, bands, CRC-32 of the compressed body
_MAGIC = b"TFB1"
_LEVEL = 3  # higher levels of zstd win a few per cent on noise and cost several times the time


def encode_bands(array: np.ndarray) -> bytes:
    """Pack ``[H, W, C]`` float32 without loss.

    The four bytes of the numbers are stored one after another for all pixels (exponents beside exponents),
    which compresses sky noise by roughly a third where plain order hardly compresses at all.
    """
    import pyarrow as pa

    if array.ndim != 3:
        raise ValueError(f"bands must be [H, W, C], not {array.shape}")
    height, width, bands = array.shape
    planes = np.ascontiguousarray(array.transpose(2, 0, 1), dtype="<f4")
    shuffled = np.ascontiguousarray(planes.reshape(-1).view(np.uint8).reshape(-1, 4).T)
    body = pa.Codec("zstd", compression_level=_LEVEL).compress(shuffled.tobytes(), asbytes=True)
    return _HEADER.pack(_MAGIC, height, width, bands, zlib.crc32(body)) + body


def decode_bands(data: bytes, *, name: str, max_values: int = 400_000_000) -> np.ndarray:
    """Unpack what `encode_bands` made: ``[H, W, C]`` float32; `ImageError` when damaged or too large."""
    import pyarrow as pa

    if len(data) < _HEADER.size or data[:4] != _MAGIC:
        raise ImageError("not packed bands", where=name)
    _, height, width, bands, checksum = _HEADER.unpack_from(data)
    values, body = height * width * bands, data[_HEADER.size :]
    if not 0 < values <= max_values:
        raise ImageError(f"packed bands of {width} x {height} x {bands} cannot be right", where=name)
    if zlib.crc32(body) != checksum:
        raise ImageError("packed bands are damaged", where=name, remedy="Import the galaxy again")
    try:
        raw = pa.Codec("zstd").decompress(body, decompressed_size=values * 4, asbytes=True)
    except (OSError, ValueError) as error:
        raise ImageError("packed bands are damaged", where=name, remedy="Import the galaxy again") from error
    planes = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(4, -1).T).view("<f4")
    return np.ascontiguousarray(planes.reshape(bands, height, width).transpose(1, 2, 0)).astype(
        np.float32, copy=False
    )
