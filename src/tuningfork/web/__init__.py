"""The page on which a person finds galaxies: `create_app` builds it from plain objects, `serve` runs it.

Flask and waitress are loaded on first use.
"""

from importlib import import_module

__all__ = ["create_app", "serve"]

_HOMES = {"create_app": "tuningfork.web.app", "serve": "tuningfork.web.server"}


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tuningfork.web' has no attribute {name!r}")
