"""Pictures for the page: decoded, stretched and encoded anew, by opaque name, at a few fixed sizes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tuningfork.errors import ImageError
from tuningfork.images.look import Look

__all__ = ["SIZES", "PictureRoom"]

SIZES = (96, 160, 256, 384, 512, 768, 1024)  # pixels of the longer side at most; never enlarged
_SAMPLE = 12  # galaxies whose sky and bright ends set the levels of a collection of flux
_DECODED = 48 * 1024 * 1024  # bytes


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
    most_pixels : int
        How many bytes of pixels are kept beside it, while somebody moves a slider.
    """

    def __init__(self, collection: Any, *, most_bytes: int = 64 * 1024 * 1024, most_pixels: int = _DECODED):
        self._collection = collection
        self._pictures = Kept(most_bytes, len)
        self._pixels = Kept(most_pixels, lambda pixels: pixels.nbytes)
        self._levels: Any = None
        self._finding = threading.Lock()
        self._warmed = False
        self._opening = threading.Lock()
        self._context: Any = False  # not looked for yet

    def galaxy(self, row: int, size: int, look: Look) -> bytes:
        """JPEG bytes of one galaxy; ``size`` of `SIZES`."""
        return self._pictures.once((row, size, look), lambda: self._draw(row, size, look))

    def wider(self, row: int) -> float | None:
        """How many times as wide as its stamp a galaxy can be shown; None when its stamp is all there is."""
        context = self._wide_image()
        return None if context is None else context.wider(row)

    def around(self, row: int, size: int, look: Look) -> bytes:
        """JPEG bytes of what lies around a galaxy; raises `ImageError` where nothing is known."""
        context = self._wide_image()
        if context is None:
            raise ImageError("nothing wider is known of these galaxies", where=self._collection.name)
        return self._pictures.once(
            ("around", row, size, look), lambda: self._encode(context.pixels(row), size, look)
        )

    def outside(self, key: str, pixels: Any, size: int) -> bytes:
        """JPEG bytes of a picture that is not in the collection; ``key`` names it."""
        return self._pictures.once((key, size), lambda: self._encode(pixels, size, Look()))

    def _draw(self, row: int, size: int, look: Look) -> bytes:
        pixels = self._pixels.once((row, size), lambda: self._collection.pixels([row], shortest=size)[0])
        return self._encode(pixels, size, look)

    def _encode(self, pixels: Any, size: int, look: Look) -> bytes:
        from tuningfork.images import encode_picture, resize
        from tuningfork.images.look import show

        levels = self._levels_for(pixels, look)
        collection = self._collection
        rgb = show(pixels, look, stretch=collection.stretch, shown=collection.shown, levels=levels)
        height, width = rgb.shape[:2]
        if max(height, width) > size:
            scale = size / max(height, width)
            rgb = resize(rgb, (max(1, round(height * scale)), max(1, round(width * scale))))
        return encode_picture(rgb, kind="jpeg", quality=92)

    def _wide_image(self) -> Any:
        with self._opening:
            if self._context is False:
                from tuningfork.collection.context import open_context

                self._context = open_context(self._collection)
        return self._context

    def _levels_for(self, pixels: Any, look: Look) -> Any:
        """None for what needs none; found when the first galaxy is shown, before anybody asks."""
        if pixels.dtype.kind != "f":
            return None
        if look != Look():
            return self._flux_levels()
        if not self._warmed:
            self._warmed = True
            threading.Thread(target=self._flux_levels, name="tuningfork-levels", daemon=True).start()
        return None

    def _flux_levels(self) -> Any:
        """Of the collection, found once: a galaxy is shown on the scale of all."""
        with self._finding:
            if self._levels is None:
                import numpy as np

                from tuningfork.images.look import find_levels

                count = len(self._collection)
                rows = np.unique(np.linspace(0, count - 1, min(_SAMPLE, count)).astype(np.int64))
                self._levels = find_levels(self._collection.pixels(rows))
        return self._levels


class Kept:
    """What was made last, at most so many bytes of it; may be used from several threads."""

    def __init__(self, most_bytes: int, size_of: Callable[[Any], int]):
        self._most_bytes, self._size_of = most_bytes, size_of
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, Any] = OrderedDict()
        self._bytes = 0

    def once(self, key: tuple, make: Callable[[], Any]) -> Any:
        """What is kept under a key, or else what ``make`` makes."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += self._size_of(made)
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                self._bytes -= self._size_of(self._kept.popitem(last=False)[1])
        return made
