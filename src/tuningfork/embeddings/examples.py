"""The examples of a search: galaxies of the collection by id or position, pictures from outside."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import DataError, EmbeddingError, UsageError

__all__ = ["NEAR", "example_vectors", "names", "nearest_galaxies"]

NEAR = 10.0  # arcsec: an error of a position, not a neighbour on the sky


def names(ids: Iterable[str] | str) -> list[str]:
    """Ids as a list; one id alone is one."""
    return [ids] if isinstance(ids, str) else list(ids)


def example_vectors(
    collection: Any, searcher: Any, rows: np.ndarray, pictures: Sequence[Path | str | bytes | np.ndarray]
) -> np.ndarray:
    """Vectors (m, D) of galaxies and of pictures from outside; `EmbeddingError` for one without a vector."""
    vectors, present = searcher.vectors_of(rows)
    if not present.all():
        raise EmbeddingError(
            f"this galaxy has no vector under '{searcher.stored.key}'",
            where=str(collection.ids(rows[~present][:1])[0]),
            remedy=searcher.stored.command(collection.path),
        )
    if not len(pictures):
        return vectors
    from tuningfork.embeddings.pictures import embed_pictures

    return np.concatenate([vectors, embed_pictures(collection, pictures, searcher.stored)])


def nearest_galaxies(collection: Any, positions: Sequence[tuple[float, float]], radius: float) -> np.ndarray:
    """Rows, int64, of the galaxies nearest to positions in degrees, at most ``radius`` arcsec away.

    Raises
    ------
    UsageError
        Where there is none; says how far the nearest is.
    DataError
        When the collection knows no positions.
    """
    if not len(positions):
        return np.empty(0, np.int64)
    from tuningfork.images.sky import nearest, on_sky

    if not radius > 0:
        raise UsageError(f"a radius is more than 0 arcsec, not {radius:g}")
    table = collection.catalogue(["ra", "dec"])
    ra, dec = (table[name].to_numpy().astype(float) for name in ("ra", "dec"))
    if not on_sky(ra, dec).any():
        raise DataError(
            "no galaxy of this collection has a position",
            where=str(collection.path),
            remedy="Search by --id or --image",
        )
    rows, away = nearest(*np.array(positions, float).T, ra, dec)
    for position, row, arcsec in zip(positions, rows, away, strict=True):
        if row < 0:
            raise UsageError(f"the position {position[0]:g}, {position[1]:g} is not on the sky")
        if arcsec > radius:
            raise UsageError(
                f"no galaxy within {radius:g} arcsec of {position[0]:g}, {position[1]:g}",
                remedy=f"The nearest is {collection.ids([row])[0]} at {arcsec:.1f} arcsec",
            )
    return rows
