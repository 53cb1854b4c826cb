"""The data doctor: what is wrong with a collection, said before it spoils a sample. Nothing is deleted."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
