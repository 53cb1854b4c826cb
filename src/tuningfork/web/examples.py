"""Example pictures from outside that a person dropped on the Start screen, until a session takes them."""

import secrets
import threading
from collections import OrderedDict
from typing import Any

from tuningfork.errors import DataError, ImageError

__all__ = ["Examples"]


class Examples:
    """Keeps the bytes and pixels of the last dropped pictures in memory, under random keys."""

    MOST = 20
    LARGEST = 24 * 1024 * 1024  # bytes of one file
    MOST_PIXELS = 25_000_000  # of one picture: a file of a few bytes may promise more than there is memory

    def __init__(self):
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[bytes, Any]] = OrderedDict()

    def add(self, data: bytes, *, name: str) -> str:
        """Decode a JPEG, PNG, WebP, TIFF or FITS file and keep it; raises `ImageError` when it is none."""
        from tuningfork.embeddings.pictures import read_picture

        if not data:
            raise ImageError("the file is empty", where=name)
        try:
            pixels = read_picture(data, max_pixels=self.MOST_PIXELS)
        except ImageError as error:
            raise ImageError(error.what, where=name, remedy=error.remedy) from error
        key = secrets.token_hex(12)
        with self._lock:
            self._kept[key] = (data, pixels)
            while len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return key

    def data(self, key: str) -> bytes:
        """The file as it came; raises `DataError` for an unknown key."""
        return self._get(key)[0]

    def pixels(self, key: str) -> Any:
        """The decoded picture, [H, W, C]."""
        return self._get(key)[1]

    def _get(self, key: str) -> tuple[bytes, Any]:
        with self._lock:
            if key not in self._kept:
                raise DataError("this example picture is gone", remedy="Drop it again")
            return self._kept[key]
