"""Pictures for the page: decoded, stretched and encoded anew, by opaque name, at a few fixed sizes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["SIZES", "STRETCHES", "PictureRoom"]

SIZES = (96, 160, 256, 384, 512, 768, 1024)  # pixels of the longer side at most; never enlarged
STRETCHES = {"as-is": "as is", "asinh": "asinh", "deep": "deep"}


class PictureRoom:
    """Makes display pictures of galaxies and keeps the last ones.

    Nothing of the user's file reaches the browser: pixels are decoded and encoded again as JPEG, whose
    encoder needs a twentieth of the time of that for WebP, for two thirds more bytes (pieces of 96 pixels).

    Parameters
    ----------
    collection : Collection
        Gives pixels and the stretch.
    most_bytes : int
        How much of what was made last is kept.
    """

    def __init__(self, collection: Any, *, most_bytes: int = 64 * 1024 * 1024):
        self._collection = collection
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, bytes] = OrderedDict()
        self._bytes = 0

    def galaxy(self, row: int, size: int, stretch: str) -> bytes:
        """JPEG bytes of one galaxy; ``size`` of `SIZES`, ``stretch`` a value of `STRETCHES`."""
        return self._once((row, size, stretch), lambda: self._draw(row, size, stretch))

    def outside(self, key: str, pixels: Any, size: int) -> bytes:
        """JPEG bytes of a picture that is not in the collection; ``key`` names it."""
        return self._once((key, size), lambda: self._encode(pixels, size, "as is"))

    def _draw(self, row: int, size: int, stretch: str) -> bytes:
        return self._encode(self._collection.pixels([row], shortest=size)[0], size, stretch)

    def _encode(self, pixels: Any, size: int, stretch: str) -> bytes:
        from tuningfork.images import encode_picture, resize, restretch_display, to_display

        picture = to_display(pixels, self._collection.stretch, self._collection.shown)
        rgb = restretch_display(picture, stretch)
        height, width = rgb.shape[:2]
        if max(height, width) > size:
            scale = size / max(height, width)
            rgb = resize(rgb, (max(1, round(height * scale)), max(1, round(width * scale))))
        return encode_picture(rgb, kind="jpeg", quality=92)

    def _once(self, key: tuple, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = data
                self._bytes += len(data)
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return data
