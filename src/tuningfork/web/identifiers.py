"""Opaque names of galaxies for addresses and JSON: a veiled row and a keyed hash, not a path or an id."""

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

    The name holds the row, which look at the galaxy it is for (0 for the first, 1 when it is shown to be
    answered again, ...) and a hash over both and the galaxy's id, all veiled by a key made from the
    collection's place. So a second look at a galaxy bears another name, and a page cannot tell that it is
    one. The name is the same after a restart, so that answers which waited in the browser still find their
    galaxy; when rows have moved since, or the name is of another collection, it is refused instead of being
    taken for another galaxy. ``place`` is an opaque name of the collection itself.
    """

    MOST_LOOKS = 255

    def __init__(self, collection: _HasIds, key: str):
        self._collection = collection
        self._key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        self.place = hmac.new(self._key, b"place", hashlib.sha256).hexdigest()[:12]

    def name(self, row: int, galaxy_id: str, look: int = 0) -> str:
        """The opaque name of a galaxy."""
        told = row.to_bytes(4, "big") + bytes([min(look, self.MOST_LOOKS)])
        mark = self._mark(told, galaxy_id)
        return (self._veiled(told, mark) + mark).hex()

    def names(self, rows) -> list[str]:
        """The opaque names of the galaxies in these rows."""
        rows = [int(row) for row in rows]
        ids = self._collection.ids(rows) if rows else []
        return [self.name(row, str(galaxy_id)) for row, galaxy_id in zip(rows, ids, strict=True)]

    def resolve(self, name: object) -> tuple[int, str]:
        """Row and id behind an opaque name; raises `NoSuchGalaxyError` when there is no such galaxy."""
        return self.read(name)[:2]

    def read(self, name: object) -> tuple[int, str, int]:
        """The same, and which look the name is for."""
        if isinstance(name, str) and _FORM.fullmatch(name):
            data = bytes.fromhex(name)
            mark = data[5:]
            told = self._veiled(data[:5], mark)
            row = int.from_bytes(told[:4], "big")
            if row < len(self._collection):
                galaxy_id = str(self._collection.ids([row])[0])
                if hmac.compare_digest(mark, self._mark(told, galaxy_id)):
                    return row, galaxy_id, told[4]
        raise NoSuchGalaxyError("no such galaxy in this collection", remedy="Reload the page")

    def _mark(self, told: bytes, galaxy_id: str) -> bytes:
        text = told + galaxy_id.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()[:7]

    def _veiled(self, told: bytes, mark: bytes) -> bytes:
        veil = hmac.new(self._key, b"veil" + mark, hashlib.sha256).digest()
        return bytes(a ^ b for a, b in zip(told, veil, strict=False))
