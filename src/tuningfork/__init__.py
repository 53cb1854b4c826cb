"""Galaxy images in, answers out.

The public names are loaded on first use, so that ``import tuningfork`` costs milliseconds.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
