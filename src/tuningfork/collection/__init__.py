"""Galaxies at rest: create a collection, open it, export its catalogue. Alone touches Lance."""

from importlib import import_module

_HOMES = {
    "create": ("CreateReport", "add_to_collection", "create_collection"),
    "export": ("export_catalogue",),
    "filters": ("rows_where",),
    "joining": ("JoinReport", "join_catalogue"),
    "readers.source": ("Rejected",),
    "store": ("Collection",),
    "tables": ("read_table", "write_table"),
    "vector_index": ("StoredVectors", "build_vector_index"),
    "vectors": ("VectorTable",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - one list of names, kept with their modules


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(import_module(f"tuningfork.collection.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'tuningfork.collection' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
