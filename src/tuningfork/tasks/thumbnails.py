"""Small pictures of galaxies inside a page, until the page is as large as it may be."""

import base64
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from tuningfork.errors import DataError

__all__ = ["Thumbnails", "as_data"]


class Thumbnails:
    """Thumbnails as data URIs.

    Parameters
    ----------
    collections : sequence of Collection
    side : int
        Pixels of the longer side.
    most_bytes : int
        Of all pictures together; those asked for after that are "".
    """

    def __init__(self, collections: Sequence[Any], *, side: int = 168, most_bytes: int = 12_000_000):
        self.collections, self.side, self.left = collections, side, most_bytes
        self.of = cache(self._made)

    def _made(self, number: int, row: int) -> str:
        """Of a row of collection ``number``; "" where it cannot be read or the page is full."""
        from tuningfork.images import to_display
        from tuningfork.images.crop import resize

        if self.left <= 0:
            return ""
        collection = self.collections[number]
        try:
            stamp = collection.pixels([row], shortest=self.side)[0]
        except DataError:
            return ""
        picture = to_display(stamp, collection.stretch, collection.shown)
        factor = self.side / max(picture.shape[:2])
        if factor < 1:
            picture = resize(picture, tuple(max(1, round(n * factor)) for n in picture.shape[:2]))
        data = as_data(picture)
        self.left -= len(data)
        return data


def as_data(picture: np.ndarray) -> str:
    """A picture, uint8 (H, W, 3), as a data URI."""
    from tuningfork.images import encode_picture

    data = encode_picture(picture, kind="webp", quality=82)
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
