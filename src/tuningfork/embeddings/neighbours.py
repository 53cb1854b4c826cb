"""The galaxies most like some examples."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from tuningfork.embeddings.examples import NEAR, example_vectors, names, nearest_galaxies
from tuningfork.embeddings.index import direction
from tuningfork.embeddings.keys import resolve_key
from tuningfork.embeddings.searcher import searcher_for
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Neighbours", "neighbour_sheet", "neighbour_table", "search"]

MOST_ASKED = 8  # of the galaxies asked with, on a contact sheet


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
    exact : bool
        Whether these are surely the best. Through the index some may be missing.
    recall : float or None
        Of a search through the index: the share of the true 10 nearest neighbours that it finds, mean over
        galaxies of the collection, measured when it was built, without a filter.
    asked : tuple of int
        Rows of the collection's own galaxies that were to be resembled.
    """

    ids: np.ndarray
    rows: np.ndarray
    scores: np.ndarray
    exact: bool = True
    recall: float | None = None
    asked: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def to_records(self) -> list[dict[str, Any]]:
        """``[{"id", "score"}, ...]``, as the command line prints."""
        return [{"id": str(i), "score": float(s)} for i, s in zip(self.ids, self.scores, strict=True)]


def search(  # noqa: PLR0913 - every kind of example and of limit, all by name
    collection: Any,
    *,
    ids: Iterable[str] = (),
    images: Sequence[Path | str | bytes | np.ndarray] = (),
    positions: Sequence[tuple[float, float]] = (),
    negatives: Iterable[str] = (),
    negative_images: Sequence[Path | str | bytes | np.ndarray] = (),
    radius: float = NEAR,
    where: str | None = None,
    include_flagged: bool = False,
    encoder: Any = None,
    k: int = 20,
    exact: bool | None = None,
    say: Callable[[str], None] | None = None,
) -> Neighbours:
    """Find the galaxies most similar to examples.

    The vectors are kept in memory as long as the collection is open, so a second search is faster.

    Parameters
    ----------
    collection : Collection
        With embeddings.
    ids : iterable of str
        Galaxies of the collection to resemble.
    images : sequence
        Pictures from outside to resemble: JPEG, PNG, WebP, TIFF or FITS files (or their bytes, or arrays).
    positions : sequence of (float, float)
        Right ascension and declination in degrees; the galaxy of the collection that is nearest to each is
        one to resemble.
    negatives : iterable of str
        Galaxies of the collection to stay away from.
    negative_images : sequence
        Pictures from outside to stay away from.
    radius : float
        How far, in arcsec, the nearest galaxy may be from a position.
    where : str, optional
        Only galaxies that meet this condition, as ``redshift < 0.1 AND label != 'star'``; see
        `tuningfork.collection.rows_where`. The examples need not meet it.
    include_flagged : bool
        Find galaxies in quarantine as well.
    encoder : str or Encoder, optional
        Which vectors; the usual ones when not given.
    k : int
        How many at most.
    exact : bool, optional
        True looks at every vector; False takes the index on disk, which is built when there is none. By
        default 1.5 million vectors and less are searched exactly, more through the index.
    say : callable, optional
        Told in a line what takes long.

    Returns
    -------
    Neighbours
        Best first; the examples themselves are left out.

    Raises
    ------
    UsageError
        Without any positive example, with k below 1, for a filter that is not understood, or where no galaxy
        is near a position.
    UnknownNameError
        For an id or a column that is not in the collection.
    EmbeddingError
        When vectors are missing.
    """
    ids, negatives = names(ids), names(negatives)
    if k < 1:
        raise UsageError(f"k must be at least 1, not {k}")
    if not ids and not len(images) and not len(positions):
        raise UsageError("a search needs at least one example", remedy="Give --id, --image or --ra and --dec")
    wanted = np.concatenate([collection.rows_of(ids), nearest_galaxies(collection, positions, radius)])
    unwanted = collection.rows_of(negatives)
    key = resolve_key(collection, encoder)
    searcher = searcher_for(collection, key, exact=exact, prepare=lambda: _build(collection, key, say))
    query = direction(
        example_vectors(collection, searcher, wanted, images),
        example_vectors(collection, searcher, unwanted, negative_images),
    )
    allowed = _allowed(collection, where, include_flagged)
    found = searcher.nearest(query, k, np.unique(np.concatenate([wanted, unwanted])), allowed)
    ids_found = collection.ids(found.rows)
    return Neighbours(ids_found, found.rows, found.scores, found.exact, found.recall, tuple(wanted.tolist()))


def neighbour_sheet(
    collection: Any, found: Neighbours, *, columns: int = 8, tile: int = 160, kind: str = "png"
) -> bytes:
    """A contact sheet of found galaxies with score and id, encoded as "png", "jpeg" or "webp".

    The collection's galaxies that were asked with come first, in a frame.
    """
    from tuningfork.images import contact_sheet, encode_picture, to_display

    asked = found.asked[:MOST_ASKED]
    stamps = collection.pixels([*asked, *found.rows.tolist()], shortest=tile)
    pictures = [to_display(stamp, collection.stretch, collection.shown) for stamp in stamps]
    captions = list(collection.ids(np.array(asked, np.int64))) if asked else []
    captions += [f"{s:.3f}   {i}" for i, s in zip(found.ids, found.scores, strict=True)]
    sheet = contact_sheet(pictures, captions=captions, columns=columns, tile=tile, framed=len(asked))
    return encode_picture(sheet, kind=kind)


def neighbour_table(collection: Any, found: Neighbours, columns: Sequence[str] = ()) -> "pa.Table":
    """Found galaxies as a table: ``rank`` from 1, ``id``, ``score``, ``ra`` and ``dec`` where they are known,
    and the catalogue's columns asked for."""
    import pyarrow as pa

    catalogue = collection.catalogue(["ra", "dec", *columns], found.rows)
    table = pa.table(
        {
            "rank": np.arange(1, len(found) + 1),
            "id": pa.array(found.ids, pa.string()),
            "score": pa.array(found.scores),
        }
    )
    for name in dict.fromkeys(["ra", "dec", *columns]):
        known = name in columns or catalogue[name].null_count < len(found)
        if known and name not in table.column_names:
            table = table.append_column(name, catalogue[name])
    return table


def _allowed(collection: Any, where: str | None, include_flagged: bool) -> np.ndarray | None:
    """Which rows may be found: bool (n,); None for all."""
    allowed = None
    if where is not None:
        from tuningfork.collection import rows_where

        allowed = np.zeros(len(collection), bool)
        allowed[rows_where(collection, where)] = True
    sound = None if include_flagged else _sound(collection)
    if allowed is None or sound is None:
        return sound if allowed is None else allowed
    return allowed & sound


_sound_rows: WeakKeyDictionary = WeakKeyDictionary()


def _sound(collection: Any) -> np.ndarray | None:
    """Which rows are not in quarantine, None when all; as when the collection was opened."""
    if collection not in _sound_rows:
        flagged = collection.flagged()
        _sound_rows[collection] = ~flagged if flagged.any() else None
    return _sound_rows[collection]


def _build(collection: Any, key: str, say: Callable[[str], None] | None) -> None:
    from tuningfork.embeddings.approximate import index_embeddings

    index_embeddings(collection, key, quiet=say is None, say=say)
