"""Opaque names of galaxies for addresses and JSON: a row and a keyed hash, not a path or the galaxy id."""

import hashlib
import hmac
import re
from typing import Any, Protocol

from tuningfork.errors import DataError

__all__ = ["Identifiers", "NoSuchGalaxyError"]

_FORM = re.compile(r"[0-9a-f]{24}")


class NoSuchGalaxyError(DataError):
    """An opaque name that stands for no galaxy here."""


class _HasIds(Protocol):
    def ids(self, rows: Any = None) -> Any: ...

    def __len__(self) -> int: ...


class Identifiers:
    """Row <-> opaque name of one collection.

    The name holds the row (8 hex digits) and a hash over row and galaxy id (16 digits), keyed by the
    collection's place. It is the same after a restart, so that answers which waited in the browser still find
    their galaxy; when rows have moved since, or the name is of another collection, it is refused instead of
    being taken for another galaxy. ``place`` is an opaque name of the collection itself.
    """

    def __init__(self, collection: _HasIds, key: str):
        self._collection = collection
        self._key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        self.place = hmac.new(self._key, b"place", hashlib.sha256).hexdigest()[:12]

    def name(self, row: int, galaxy_id: str) -> str:
        """The opaque name of a galaxy."""
        return f"{row:08x}{self._mark(row, galaxy_id)}"

    def names(self, rows) -> list[str]:
        """The opaque names of the galaxies in these rows."""
        rows = [int(row) for row in rows]
        ids = self._collection.ids(rows) if rows else []
        return [self.name(row, str(galaxy_id)) for row, galaxy_id in zip(rows, ids, strict=True)]

    def resolve(self, name: object) -> tuple[int, str]:
        """Row and id behind an opaque name; raises `NoSuchGalaxyError` when there is no such galaxy."""
        if isinstance(name, str) and _FORM.fullmatch(name):
            row = int(name[:8], 16)
            if row < len(self._collection):
                galaxy_id = str(self._collection.ids([row])[0])
                if hmac.compare_digest(name[8:], self._mark(row, galaxy_id)):
                    return row, galaxy_id
        raise NoSuchGalaxyError("no such galaxy in this collection", remedy="Reload the page")

    def _mark(self, row: int, galaxy_id: str) -> str:
        text = f"{row}:{galaxy_id}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:16]
