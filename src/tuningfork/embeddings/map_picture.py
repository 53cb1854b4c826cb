"""The picture of a map: the galaxies themselves where they lie."""

from typing import Any

import numpy as np

from tuningfork.embeddings.stored_map import GalaxyMap

__all__ = ["map_sheet"]

EDGE = 0.5  # percent of the galaxies may fall off each side: a few far ones shall not shrink the rest
GROUND = 14
KEPT = 0.5  # of a stamp's side: the sky around a galaxy says nothing at this size


def map_sheet(
    collection: Any, placed: GalaxyMap, *, side: int = 1920, tile: int = 40, kind: str = "png"
) -> bytes:
    """A picture of a map, encoded: in every square that holds galaxies, the one nearest to its middle.

    Parameters
    ----------
    collection : Collection
        Whose galaxies these are; those that left it are passed over.
    placed : GalaxyMap
    side : int
        Width in pixels; the height follows from the map's shape.
    tile : int
        Side of a square in pixels.
    kind : str
        "png", "jpeg" or "webp".
    """
    from tuningfork.images import encode_picture, to_display
    from tuningfork.images.crop import resize

    places, rows = _here(collection, placed)
    squares, columns, lines = _squares(places, side // tile)
    chosen = np.array(list(squares.values()), np.int64)
    picture = np.full((lines * tile, columns * tile, 3), GROUND, np.uint8)
    stamps = collection.pixels(rows[chosen], shortest=2 * tile)
    for (line, column), stamp in zip(squares, stamps, strict=True):
        shown = resize(_middle(to_display(stamp, collection.stretch, collection.shown)), (tile - 2, tile - 2))
        top, left = line * tile + 1, column * tile + 1
        picture[top : top + tile - 2, left : left + tile - 2] = shown
    return encode_picture(picture, kind=kind)


def _here(collection: Any, placed: GalaxyMap) -> tuple[np.ndarray, np.ndarray]:
    """Places and rows of the galaxies that are still in the collection."""
    rows = placed.rows_in(collection)
    return placed.places[rows >= 0], rows[rows >= 0]


def _squares(places: np.ndarray, columns: int) -> tuple[dict[tuple[int, int], int], int, int]:
    """(line, column) -> the place nearest to the middle of that square; columns and lines."""
    low, high = np.percentile(places, [EDGE, 100 - EDGE], axis=0)
    width, height = np.maximum(high - low, 1e-9)
    columns = max(columns, 1)
    step = max(width / columns, height / (1.5 * columns))
    columns, lines = max(1, round(width / step)), max(1, round(height / step))
    at = (places - low) / step
    at[:, 1] = lines - at[:, 1]  # y grows upwards
    cell = np.floor(at).astype(np.int64)
    inside = np.flatnonzero((cell >= 0).all(axis=1) & (cell[:, 0] < columns) & (cell[:, 1] < lines))
    off = np.abs(at[inside] - cell[inside] - 0.5).max(axis=1)
    squares: dict[tuple[int, int], int] = {}
    for k in inside[np.argsort(off, kind="stable")]:
        squares.setdefault((int(cell[k, 1]), int(cell[k, 0])), int(k))
    return squares, columns, lines


def _middle(picture: np.ndarray) -> np.ndarray:
    """The square around the middle of a picture."""
    side = max(1, round(KEPT * min(picture.shape[:2])))
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    return picture[top : top + side, left : left + side]
