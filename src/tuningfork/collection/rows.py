"""From the engine's addresses to row numbers, which count from 0 and never move."""

from typing import Any

import numpy as np

__all__ = ["RowNumbers"]


class RowNumbers:
    """Row numbers of an open dataset from which no row was deleted.

    An address is the number of a fragment (upper 32 bits) and the row within it (lower 32 bits).
    """

    def __init__(self, dataset: Any):
        fragments = dataset.get_fragments()
        rows = [fragment.metadata.physical_rows for fragment in fragments]
        self._first = np.zeros(max((f.fragment_id for f in fragments), default=-1) + 1, np.int64)
        self._first[[f.fragment_id for f in fragments]] = np.cumsum([0, *rows[:-1]])[: len(rows)]

    def of(self, addresses: np.ndarray) -> np.ndarray:
        """Row numbers, int64, of addresses."""
        addresses = np.asarray(addresses).astype(np.uint64)
        within = (addresses & np.uint64(0xFFFFFFFF)).astype(np.int64)
        return self._first[(addresses >> np.uint64(32)).astype(np.int64)] + within
