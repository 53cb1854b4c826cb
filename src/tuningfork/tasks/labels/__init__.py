"""Labels of a collection: classes from its catalogue, splits that keep twins together, pictures of votes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
