"""What a run came to, as pages one can read: one for the run, one for a galaxy."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
