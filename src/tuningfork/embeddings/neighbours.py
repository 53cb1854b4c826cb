"""The galaxies most like some examples."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.embeddings.index import SearchIndex, direction
from tuningfork.embeddings.store import Embeddings, load_embeddings
from tuningfork.errors import EmbeddingError, UsageError

__all__ = ["Neighbours", "neighbour_sheet", "search"]


@dataclass(frozen=True)
class Neighbours:
    """Galaxies found, best first.

    Parameters
    ----------
    ids : ndarray
        (k,) ids.
    rows : ndarray
        (k,) int64 rows of the collection.
    scores : ndarray
        (k,) float32 cosines with the query's direction.
    """

    ids: np.ndarray
    rows: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def to_records(self) -> list[dict[str, Any]]:
        """``[{"id", "score"}, ...]``, as the command line prints."""
        return [{"id": str(i), "score": float(s)} for i, s in zip(self.ids, self.scores, strict=True)]


def search(
    collection: Any,
    *,
    ids: Iterable[str] = (),
    images: Sequence[Path | str | bytes | np.ndarray] = (),
    negatives: Iterable[str] = (),
    encoder: Any = None,
    k: int = 20,
) -> Neighbours:
    """Find the galaxies most similar to examples, exactly.

    Parameters
    ----------
    collection : Collection
        With embeddings.
    ids : iterable of str
        Galaxies of the collection to resemble.
    images : sequence
        Pictures from outside to resemble: JPEG, PNG, WebP, TIFF or FITS files (or their bytes, or arrays).
    negatives : iterable of str
        Galaxies of the collection to stay away from.
    encoder : str or Encoder, optional
        Which vectors; the newest when not given.
    k : int
        How many at most.

    Returns
    -------
    Neighbours
        Best first; the examples themselves are left out.

    Raises
    ------
    UsageError
        Without any positive example, or with k below 1.
    UnknownNameError
        For an id that is not in the collection.
    EmbeddingError
        When vectors are missing.
    """
    ids, negatives = _names(ids), _names(negatives)
    if k < 1:
        raise UsageError(f"k must be at least 1, not {k}")
    if not ids and not len(images):
        raise UsageError("a search needs at least one example", remedy="Give --id or --image")
    positive_rows, negative_rows = collection.rows_of(ids), collection.rows_of(negatives)
    stored = load_embeddings(collection, encoder)
    positives = _vectors_of(collection, stored, positive_rows)
    if len(images):
        from tuningfork.embeddings.pictures import embed_pictures

        positives = np.concatenate([positives, embed_pictures(collection, images, stored)])
    query = direction(positives, _vectors_of(collection, stored, negative_rows))
    index = SearchIndex(stored.vectors, stored.present)
    rows, scores = index.nearest(
        query, k, exclude=np.concatenate([positive_rows, negative_rows]).astype(np.int64)
    )
    return Neighbours(collection.ids(rows), rows, scores)


def neighbour_sheet(
    collection: Any, found: Neighbours, *, columns: int = 8, tile: int = 128, kind: str = "png"
) -> bytes:
    """A contact sheet of found galaxies with id and score, encoded as "png", "jpeg" or "webp"."""
    from tuningfork.images import contact_sheet, encode_picture, to_display

    stamps = collection.pixels(found.rows, shortest=tile)
    pictures = [to_display(stamp, collection.stretch, collection.shown) for stamp in stamps]
    captions = [f"{i} {s:.3f}" for i, s in zip(found.ids, found.scores, strict=True)]
    return encode_picture(contact_sheet(pictures, captions=captions, columns=columns, tile=tile), kind=kind)


def _names(ids: Iterable[str]) -> list[str]:
    return [ids] if isinstance(ids, str) else list(ids)


def _vectors_of(collection: Any, stored: Embeddings, rows: np.ndarray) -> np.ndarray:
    for row in rows:
        if not stored.present[row]:
            raise EmbeddingError(
                f"this galaxy has no vector under '{stored.key}'",
                where=str(collection.ids([row])[0]),
                remedy=stored.command(collection.path),
            )
    return stored.vectors[rows]
