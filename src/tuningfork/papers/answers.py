"""What was said of every test galaxy, as text in a cell of a sweep: intervals over repeats need all of it."""

import base64
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
    """Numbers in 0..1, NaN among them, as text: two bytes each, in base 64."""
    return base64.b64encode(np.ascontiguousarray(shares, "<f2").tobytes()).decode()


def unpack_shares(text: str, width: int, galaxies: int) -> np.ndarray:
    """The numbers of `pack_shares`: (galaxies, width) float32.

    Raises
    ------
    DataError
        They are not of that many galaxies, or not so many for each.
    """
    found = np.frombuffer(base64.b64decode(text), "<f2")
    if len(found) != galaxies * width:
        raise DataError("the answers of a cell are not of these galaxies and labels")
    return found.reshape(galaxies, width).astype(np.float32)
