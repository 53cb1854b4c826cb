"""Galaxy images in, answers out.

The public names are loaded on first use, so that ``import tuningfork`` costs milliseconds.
"""

import os
import sys

import lazy_loader

if sys.platform == "darwin":  # what Apple's GPU lacks runs on the processor; torch looks when it is loaded
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
