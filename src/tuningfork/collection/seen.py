"""Remember millions of ids in little memory."""

from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["SeenTexts"]


class SeenTexts:
    """Which texts were seen, as 64-bit hashes in sorted arrays: 8 bytes each, whatever their length.

    Two different texts of 10^6 share a hash in one of 4 * 10^7 collections.
    """

    def __init__(self):
        self._sorted: list[np.ndarray] = []

    def add(self, texts: Iterable[str]) -> None:
        """Keep some; arrays are merged when a later one is as long, so there are few of them."""
        new = np.unique(_hashes(texts))
        while self._sorted and len(self._sorted[-1]) <= 2 * len(new):
            new = np.union1d(self._sorted.pop(), new)
        self._sorted.append(new)

    def claim(self, texts: Sequence[str]) -> np.ndarray:
        """Keep some, and say which were seen before, here or earlier among themselves: bool ``[n]``."""
        wanted = _hashes(texts)
        first = np.zeros(len(wanted), bool)
        first[np.unique(wanted, return_index=True)[1]] = True
        twice = ~first | self.has(texts)
        self.add(texts)
        return twice

    def has(self, texts: Iterable[str]) -> np.ndarray:
        """Which were seen: bool ``[n]``."""
        wanted = _hashes(texts)
        found = np.zeros(len(wanted), bool)
        for there in self._sorted:
            if len(there):
                place = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
                found |= there[place] == wanted
        return found


def _hashes(texts: Iterable[str]) -> np.ndarray:
    return np.fromiter(map(hash, texts), np.int64)
