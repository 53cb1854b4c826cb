"""The units of a FITS file, told from a few numbers in each header, before a parser is let loose on them.

A header that never ends, or a file of nothing but headers, keeps a parser busy for minutes.
"""

import mmap
import re
from pathlib import Path

from tuningfork.errors import ImageError

__all__ = ["check_units", "check_units_of"]

_BLOCK, _CARD = 2880, 80
_END = b"END".ljust(_CARD)
_LONGEST_HEADER = 4 << 20
_MOST_UNITS = 4096
_FIRST_CARDS = 40 * _CARD  # the standard wants the numbers of interest at the top
_NUMBER = re.compile(rb"(BITPIX|NAXIS\d{0,3}|PCOUNT|GCOUNT) *= *(-?\d{1,18}) *(?:/|$)")


def check_units(data: bytes | mmap.mmap, name: str) -> None:
    """Raise `ImageError` when a header has no end within 4 MiB, or when there are over 4,096 units."""
    start = 0
    for _ in range(_MOST_UNITS):
        end = _end_of_header(data, start)
        if end is None:
            if len(data) - start > _LONGEST_HEADER or start == 0:
                raise ImageError("the FITS file is damaged or truncated (a header has no end)", where=name)
            return  # too little is left for a header: what follows is for the parser to judge
        start = _padded(end) + _padded(_data_bytes(data[start:end]))
        if start >= len(data):
            return
    raise ImageError(f"the FITS file has more than {_MOST_UNITS:,} units", where=name)


def check_units_of(path: Path, name: str) -> None:
    """The same for a file, of which no more than its headers is read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        check_units(data, name)


def _end_of_header(data: bytes | mmap.mmap, start: int) -> int | None:
    place = start
    while (place := data.find(_END, place, start + _LONGEST_HEADER)) >= 0:
        if (place - start) % _CARD == 0:
            return place + _CARD
        place += 1
    return None


def _data_bytes(header: bytes) -> int:
    """Bytes of the data behind a header (FITS standard 4.0, equation 2); 0 where it makes no sense."""
    told = {}
    for place in range(0, min(len(header), _FIRST_CARDS), _CARD):
        card = _NUMBER.match(header[place : place + _CARD])
        if card:
            told.setdefault(card[1], int(card[2]))
    axes = [told.get(b"NAXIS%d" % n, 0) for n in range(1, told.get(b"NAXIS", 0) + 1)][:999]
    if not axes:
        return 0
    if axes[0] == 0:  # random groups
        axes = axes[1:]
    pixels = 1
    for length in axes:
        pixels *= length
    size = abs(told.get(b"BITPIX", 0)) // 8 * told.get(b"GCOUNT", 1) * (told.get(b"PCOUNT", 0) + pixels)
    return max(size, 0)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
