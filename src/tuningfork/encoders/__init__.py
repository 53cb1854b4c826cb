"""Encoders: what turns stamps into numbers. The contract, the registry, the LVM network, timm's, and their
weights."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
