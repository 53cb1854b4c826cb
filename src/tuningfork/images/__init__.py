"""Pixels: decode, stretch, crop, detect, sheet. Pure functions that know nothing of collections."""

import lazy_loader

from tuningfork.images.decode import (
    decode as decode,
)  # now, since the module of that name would take its place later

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
