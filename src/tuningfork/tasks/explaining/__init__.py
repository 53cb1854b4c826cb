"""Why a network says what it says: where it looks, what it takes for alike, how its classes lie."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
