"""Which row bears which id, in columns: a million ids cost some 20 MB and no Python object each."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.errors import UnknownNameError

__all__ = ["IdColumn", "update_with_texts"]

_FEW = 8  # so many are looked for one by one: a hash table of all ids would take longer
_NEAR = 2_000  # names that are compared to find the nearest one


class IdColumn:
    """The ids of a collection in row order.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Unique strings.
    where : str
        The collection's name, for errors.
    """

    def __init__(self, column: pa.ChunkedArray, where: str):
        # 64-bit offsets: 10^8 ids are more than 2 GB of text
        self.array: pa.LargeStringArray = column.cast(pa.large_string()).combine_chunks()
        self._where = where

    def of(self, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Ids of some rows, or of all: object ``[n]``."""
        array = self.array if rows is None else self.array.take(pa.array(np.asarray(rows, np.int64)))
        return array.to_numpy(zero_copy_only=False).astype(object)

    def rows(self, ids: Iterable[str]) -> np.ndarray:
        """Rows of these ids: int64 ``[n]``; raises `UnknownNameError` for one that is not here."""
        import pyarrow.compute as pc

        wanted = [str(galaxy) for galaxy in ids]
        if len(wanted) <= _FEW:
            found = np.array([pc.index(self.array, name).as_py() for name in wanted], np.int64)
        else:
            places = pc.index_in(pa.array(wanted, pa.large_string()), value_set=self.array)
            found = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        missing = np.flatnonzero(found < 0)
        if missing.size:
            name = wanted[missing[0]]
            raise UnknownNameError("galaxy", name, self._like(name), where=self._where)
        return found

    def _like(self, name: str) -> list[str]:
        """Few enough ids to be compared with a name: all, or those that begin most like it."""
        import pyarrow.compute as pc

        if len(self.array) <= _NEAR:
            return self.array.to_pylist()
        for length in range(len(name), 0, -1):
            alike = pc.filter(self.array, pc.starts_with(self.array, name[:length]))
            if len(alike):
                return alike.slice(0, _NEAR).to_pylist()
        return self.array.slice(0, 8).to_pylist()


def update_with_texts(digest: Any, column: pa.ChunkedArray) -> None:
    """Feed texts with zero bytes between them to a hash, chunk by chunk; null counts as empty."""
    import pyarrow.compute as pc

    for number, chunk in enumerate(chunk for chunk in column.chunks if len(chunk)):
        texts = chunk.fill_null("")
        joined = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "\0")
        digest.update(b"\0" if number else b"")
        digest.update(joined[0].as_buffer())
