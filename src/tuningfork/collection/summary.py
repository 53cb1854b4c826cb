"""What there is to know of a collection at a glance."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.engine import folder_bytes

__all__ = ["summarise"]


def summarise(collection: Any) -> dict[str, Any]:
    """Plain values, fit for JSON; None for what is not known.

    ``pixel_scale`` (arcsec) is that of all galaxies, or the smallest and the largest one; ``size`` the
    smallest and the largest height and width; ``positions`` how many galaxies have one.
    """
    here = isinstance(collection.path, Path)
    sessions = collection.path.glob("sessions/*/session.toml") if here else ()
    maps = collection.path.glob("maps/*.parquet") if here else ()
    manifest = collection.manifest
    rows = collection.catalogue(["height", "width", "pixel_scale", "ra", "dec"])
    positions = pc.sum(pc.and_(pc.is_valid(rows["ra"]), pc.is_valid(rows["dec"]))).as_py() or 0
    return {
        "name": collection.name,
        "path": str(collection.path),
        "galaxies": len(collection),
        "complete": manifest.complete,
        "bands": list(collection.bands),
        "pixels": manifest.pixels,
        "unit": manifest.unit or None,
        "zero_point": manifest.zero_point,
        "size": {side: _range(rows[side]) for side in ("height", "width")},
        "pixel_scale": collection.pixel_scale or _range(rows["pixel_scale"]),
        "positions": positions,
        "stretch": manifest.stretch,
        "columns": collection.columns,
        "flags": collection.flag_counts(),
        "embeddings": {key: collection.vector_table(key).count() for key in collection.vector_keys()},
        "sessions": sorted(p.parent.name for p in sessions),
        "maps": sorted(p.stem for p in maps),
        "source": manifest.source,
        "version": collection.version,
        "bytes": folder_bytes(collection.path),
    }


def _range(column: pa.ChunkedArray) -> Any:
    """The one value of a column, or its smallest and largest; None without any."""
    found = pc.min_max(column).as_py()
    least, most = (round(v, 6) if isinstance(v, float) else v for v in (found["min"], found["max"]))
    return least if least == most else [least, most]
