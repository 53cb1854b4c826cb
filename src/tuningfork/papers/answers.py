"""What was said of every test galaxy, as text in a cell of a sweep: intervals over repeats need all of it."""

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from tuningfork.errors import DataError

__all__ = ["pack", "pack_shares", "unpack", "unpack_shares"]

_NONE = 255  # stands for no answer, and for one that is none of the classes


def pack(said: np.ndarray, classes: Sequence[str]) -> str:
    """Answers as text: a byte each, in base 64.

    Parameters
    ----------
    said : ndarray
        (draws, n) classes as text; what is none of ``classes`` comes back as "".
    classes : sequence of str
        At most 255, sorted.

    Raises
    ------
    DataError
        There are more classes.
    """
    if len(classes) > _NONE:
        raise DataError(f"{len(classes)} classes are more than the {_NONE} that a table can hold")
    code = {name: number for number, name in enumerate(classes)}
    codes = [code.get(str(name), _NONE) for name in np.ravel(said)]
    return base64.b64encode(bytes(codes)).decode()


def unpack(text: str, classes: Sequence[str], galaxies: int) -> np.ndarray:
    """The answers of `pack`: (draws, galaxies) classes as text.

    Raises
    ------
    DataError
        They are not of that many galaxies, or not of these classes.
    """
    codes = np.frombuffer(base64.b64decode(text), np.uint8)
    if len(codes) % galaxies or (codes[codes != _NONE] >= len(classes)).any():
        raise DataError("the answers of a cell are not of these galaxies and classes")
    names = np.array([*classes, ""], dtype=object)
    return names[np.minimum(codes, len(classes)).astype(int)].reshape(-1, galaxies)


def pack_shares(shares: np.ndarray) -> str:
    """Probabilities of any shape as text: half precision, compressed, in base 64; NaN is kept."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(shares, "<f2").tobytes())).decode()


def unpack_shares(text: str, *shape: int) -> np.ndarray:
    """The probabilities of `pack_shares`, float32 of that shape.

    Raises
    ------
    DataError
        They are not of that shape.
    """
    wanted = 2 * int(np.prod(shape))
    try:  # no more is unpacked than may be there
        unzip = zlib.decompressobj()
        raw = unzip.decompress(base64.b64decode(text, validate=True), wanted + 1)
    except (ValueError, zlib.error):
        raw = b""
    if len(raw) != wanted:
        raise DataError("the probabilities of a cell are not of these galaxies and classes")
    return np.frombuffer(raw, "<f2").reshape(shape).astype(np.float32)
