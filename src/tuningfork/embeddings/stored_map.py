"""A map at rest: a Parquet file of ids and places, and how it was made."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.embeddings.keys import resolve_key
from tuningfork.errors import EmbeddingError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["GalaxyMap", "list_maps", "load_map"]


@dataclass(frozen=True)
class GalaxyMap:
    """A stored map.

    Parameters
    ----------
    ids : ndarray
        (n,) ids.
    places : ndarray
        (n, 2) float32.
    settings : dict
        How it was made: key, method, sample, seed, vectors.
    stale : bool
        Whether vectors came since.
    """

    ids: np.ndarray
    places: np.ndarray
    settings: dict[str, Any]
    stale: bool

    def to_table(self) -> "pa.Table":
        """Columns ``id``, ``x``, ``y``."""
        import pyarrow as pa

        return pa.table(
            {"id": pa.array(self.ids, pa.string()), "x": self.places[:, 0], "y": self.places[:, 1]}
        )

    def rows_in(self, collection: Any) -> np.ndarray:
        """Row of each galaxy in the collection, int64 [n]; -1 for those that left it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, known = pa.array(self.ids, pa.large_string()), collection.id_column()
        if ids.equals(known):  # as after an `embed` of all: a look-up of each costs half a second a million
            return np.arange(len(ids), dtype=np.int64)
        found = pc.index_in(ids, value_set=known)
        return found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def list_maps(collection: Any) -> list[str]:
    """Names of the stored maps, as ``KEY-umap``."""
    return sorted(file.stem for file in (Path(collection.path) / "maps").glob("*.parquet"))


def load_map(collection: Any, encoder: Any = None, method: str = "umap") -> GalaxyMap:
    """Read a stored map; `EmbeddingError` with the command that makes it when there is none."""
    import pyarrow.parquet as pq

    key = resolve_key(collection, encoder)
    file = Path(collection.path) / "maps" / f"{key}-{method}.parquet"
    if not file.is_file():
        raise EmbeddingError(
            f"there is no {method} map of '{key}'",
            where=str(collection.path),
            remedy=f"Make it: tuningfork map {collection.path} --encoder {key} --method {method}",
        )
    try:
        table = pq.read_table(file)
        settings = json.loads(table.schema.metadata[b"tuningfork"])
        places = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
        ids = table["id"].to_numpy(zero_copy_only=False).astype(object)
        stale = settings["vectors"] != collection.vector_table(key).count()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmbeddingError(
            "the map cannot be read", where=str(file), remedy="Delete the file and make the map again"
        ) from error
    return GalaxyMap(ids, places, settings, stale)
