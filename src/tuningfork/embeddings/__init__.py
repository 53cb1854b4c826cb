"""Vectors at rest: run an encoder over a collection, load what is stored, search it, export it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
