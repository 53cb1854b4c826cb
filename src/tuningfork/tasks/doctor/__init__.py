"""The data doctor: what is wrong with a collection, said before it spoils a sample. Nothing is deleted."""

from importlib import import_module

_HOMES = {
    "CheckReport": "findings",
    "Finding": "findings",
    "KINDS": "kinds",
    "check_collection": "check",
    "write_report": "report",
}

__all__ = ["KINDS", "CheckReport", "Finding", "check_collection", "write_report"]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
