"""Galaxy images in, answers out.

The public names are loaded on first use, so that ``import tuningfork`` costs milliseconds.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Collection": "tuningfork.collection",
    "create_collection": "tuningfork.collection",
    "load_encoder": "tuningfork.encoders",
    "register_encoder": "tuningfork.encoders",
    "embed": "tuningfork.embeddings",
    "search": "tuningfork.embeddings",
    "Session": "tuningfork.labelling",
    "Question": "tuningfork.labelling",
}

__all__ = [
    "Collection",
    "Question",
    "Session",
    "create_collection",
    "embed",
    "load_encoder",
    "register_encoder",
    "search",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tuningfork' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
