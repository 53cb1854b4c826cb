"""Vectors at rest: run an encoder over a collection, load what is stored, search it, export it."""

from importlib import import_module

_HOMES = {
    "EmbedReport": "run",
    "Embeddings": "store",
    "Neighbours": "neighbours",
    "Plan": "plan",
    "SearchIndex": "index",
    "choose_plan": "plan",
    "embed": "run",
    "embed_pictures": "pictures",
    "export_embeddings": "store",
    "load_embeddings": "store",
    "neighbour_sheet": "neighbours",
    "search": "neighbours",
}

__all__ = [
    "EmbedReport",
    "Embeddings",
    "Neighbours",
    "Plan",
    "SearchIndex",
    "choose_plan",
    "embed",
    "embed_pictures",
    "export_embeddings",
    "load_embeddings",
    "neighbour_sheet",
    "search",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
