"""Galaxies by an id that somebody types: those that begin so, those that hold it, those spelled like it."""

import bisect
from typing import Any

from tuningfork.errors import UnknownNameError
from tuningfork.web.identifiers import Identifiers

__all__ = ["IdSearch"]


class IdSearch:
    """The ids of one collection, sorted when somebody types for the first time.

    Parameters
    ----------
    collection : Collection
    identifiers : Identifiers
        Its opaque names.
    """

    def __init__(self, collection: Any, identifiers: Identifiers):
        self._collection, self._identifiers = collection, identifiers
        self._sorted: list[tuple[str, int]] | None = None

    def like(self, text: str, n: int) -> list[dict[str, str]]:
        """Up to ``n`` galaxies, ``id`` and ``name``: whose id begins with a text, or else holds it; where
        there is none, those that the command line would suggest for it.
        """
        if self._sorted is None:
            self._sorted = sorted((str(name), row) for row, name in enumerate(self._collection.ids()))
        start = bisect.bisect_left(self._sorted, (text, -1))
        found = [pair for pair in self._sorted[start : start + n] if pair[0].startswith(text)]
        if len(found) < n:
            rest = (pair for pair in self._sorted if text.lower() in pair[0].lower() and pair not in found)
            found += [pair for pair, _ in zip(rest, range(n - len(found)), strict=False)]
        found = found or self._spelled_like(text)
        return [{"id": self._identifiers.name(row, name), "name": name} for name, row in found]

    def _spelled_like(self, text: str) -> list[tuple[str, int]]:
        try:
            self._collection.rows_of([text])
        except UnknownNameError as error:
            return [(name, int(self._collection.rows_of([name])[0])) for name in error.near]
        return []  # it is there: it came while this server ran
