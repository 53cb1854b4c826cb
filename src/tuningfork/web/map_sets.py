"""What was selected on a map, kept on the server so that the grid can page through it and a table be made."""

import hashlib
import threading
from collections import OrderedDict

import numpy as np

from tuningfork.errors import DataError

__all__ = ["MapSets"]


class MapSets:
    """The last selections, as rows in the order in which they are looked through.

    The key is a hash of the rows: the same selection has the same key, in any window. A selection that was
    dropped, or that a restart lost, is sent again by the page.
    """

    MOST = 16

    def __init__(self):
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def add(self, rows: np.ndarray) -> str:
        """Keep a selection; gives its key."""
        rows = np.ascontiguousarray(rows, np.uint32)
        key = hashlib.sha256(rows.tobytes()).hexdigest()[:16]
        with self._lock:
            self._kept[key] = rows
            self._kept.move_to_end(key)
            while len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return key

    def rows(self, key: str) -> np.ndarray:
        """The rows of a selection, uint32."""
        with self._lock:
            if key not in self._kept:
                raise DataError("this selection is gone", remedy="Select again on the map")
            return self._kept[key]
