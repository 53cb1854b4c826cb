"""The page on which a person finds galaxies: `create_app` builds it from plain objects, `serve` runs it.

Flask and waitress are loaded on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
