"""Vectors at rest: run an encoder over a collection, load what is stored, search it, export it."""

from importlib import import_module

_HOMES = {
    "EmbedReport": "run",
    "GalaxyMap": "map",
    "IndexReport": "approximate",
    "MapReport": "map",
    "Embeddings": "store",
    "Neighbours": "neighbours",
    "Plan": "plan",
    "SearchIndex": "index",
    "choose_plan": "plan",
    "embed": "run",
    "embed_pictures": "pictures",
    "export_embeddings": "store",
    "index_embeddings": "approximate",
    "list_maps": "map",
    "load_embeddings": "store",
    "load_map": "map",
    "map_collection": "map",
    "map_sheet": "map_picture",
    "neighbour_sheet": "neighbours",
    "neighbour_table": "neighbours",
    "search": "neighbours",
}

__all__ = [
    "EmbedReport",
    "Embeddings",
    "GalaxyMap",
    "IndexReport",
    "MapReport",
    "Neighbours",
    "Plan",
    "SearchIndex",
    "choose_plan",
    "embed",
    "embed_pictures",
    "export_embeddings",
    "index_embeddings",
    "list_maps",
    "load_embeddings",
    "load_map",
    "map_collection",
    "map_sheet",
    "neighbour_sheet",
    "neighbour_table",
    "search",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
