"""Galaxies on one picture, which a notebook shows by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["Sheet"]


class Sheet:
    """Some galaxies of a collection beside each other.

    Parameters
    ----------
    collection : Collection
    rows : sequence of int
        The galaxies.
    captions : sequence of str
        One line under each.
    columns, tile : int
        Galaxies in a row, and the side of each in pixels.
    """

    def __init__(
        self,
        collection: Any,
        rows: Sequence[int],
        captions: Sequence[str],
        *,
        columns: int = 6,
        tile: int = 128,
    ):
        self._collection, self._rows, self._captions = collection, list(rows), list(captions)
        self._columns, self._tile = columns, tile

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Sheet({', '.join(self._captions)})" if self._rows else "Sheet(nothing)"

    @property
    def ids(self) -> list[str]:
        """The galaxies, in order."""
        return [str(i) for i in self._collection.ids(self._rows)] if self._rows else []

    def encoded(self, kind: str = "jpeg") -> bytes:
        """The picture as "jpeg", "png" or "webp"; b"" when there is no galaxy on it."""
        from tuningfork.images import contact_sheet, encode_picture, to_display

        if not self._rows:
            return b""
        collection = self._collection
        stamps = collection.pixels(self._rows, shortest=self._tile)
        pictures = [to_display(stamp, collection.stretch, collection.shown) for stamp in stamps]
        columns = min(self._columns, len(pictures))
        sheet = contact_sheet(pictures, captions=self._captions, columns=columns, tile=self._tile)
        return encode_picture(sheet, kind=kind)

    def save(self, path: Path | str) -> Path:
        """Write the picture; its kind follows from the suffix (.jpg, .png, .webp)."""
        from tuningfork.errors import UsageError
        from tuningfork.files import disk_errors, write_atomically

        path = Path(path)
        kind = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}.get(path.suffix.lower())
        if kind is None:
            raise UsageError(f"'{path.suffix}' is not a kind of picture", where=str(path), remedy="Use .png")
        with disk_errors(path):
            write_atomically(path, self.encoded(kind))
        return path

    def _repr_jpeg_(self) -> bytes | None:
        return self.encoded() or None
