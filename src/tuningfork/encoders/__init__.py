"""Encoders: what turns stamps into numbers. The contract, the registry, the LVM network, timm's, and their
weights."""

from importlib import import_module

_HOMES = {
    "Encoder": "contract",
    "EncoderSpec": "contract",
    "Preprocessing": "preprocessing",
    "list_encoders": "names",
    "load_encoder": "names",
    "register_encoder": "names",
    "verify_weights": "provenance",
    "weights_info": "provenance",
}

__all__ = [
    "Encoder",
    "EncoderSpec",
    "Preprocessing",
    "list_encoders",
    "load_encoder",
    "register_encoder",
    "verify_weights",
    "weights_info",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"tuningfork.encoders.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'tuningfork.encoders' has no attribute {name!r}")
