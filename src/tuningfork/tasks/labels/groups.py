"""Which galaxies of a collection belong together in a split: one file, one picture, one place on the sky."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.collection import Collection
from tuningfork.images import sky
from tuningfork.tasks.doctor.pairs import Pair, equal_files, near_duplicates
from tuningfork.tasks.doctor.survey import survey

__all__ = ["Groups", "galaxy_groups"]


@dataclass(frozen=True)
class Groups:
    """Groups of galaxies that stay together.

    Parameters
    ----------
    numbers : ndarray
        (n,) int64 number of the group; -1 for a galaxy that is alone.
    notes : tuple of str
        What was looked for and found.
    """

    numbers: np.ndarray
    notes: tuple[str, ...]


def galaxy_groups(
    collection: Collection,
    *,
    columns: Sequence[str] = (),
    arcsec: float = 3.0,
    twins: bool = True,
    quiet: bool = False,
) -> Groups:
    """Find the galaxies that must not stand on two sides of a split.

    Parameters
    ----------
    collection : Collection
    columns : sequence of str
        Galaxies of one value in one of these belong together, as those of one field.
    arcsec : float
        Positions that a chain of such steps connects belong together; 0: do not look.
    twins : bool
        Look for equal files, and for pictures that are the same but for turning, cropping and compression;
        that reads every image once.
    quiet : bool
        No progress lines.

    Raises
    ------
    UnknownNameError
        A column is not there.
    """
    joined, notes = [], []
    for column in columns:
        joined.append(_of_column(collection, column))
        notes.append(f"{_several(joined[-1]):,} galaxies share a value of '{column}'")
    if arcsec > 0:
        table = collection.catalogue(["ra", "dec"])
        ra, dec = (np.asarray(table[name].to_numpy(), float) for name in ("ra", "dec"))
        joined.append(sky.groups(ra, dec, arcsec))
        known = int((joined[-1] >= 0).sum())
        near = f"{_several(joined[-1]):,} galaxies lie within {arcsec:g} arcsec of another"
        notes.append(near if known else "no galaxy has a position: places on the sky were not compared")
    if twins:
        joined.append(_twins(collection, quiet=quiet))
        notes.append(f"{_several(joined[-1]):,} galaxies are the picture of another")
    return Groups(_connected(joined, len(collection)), tuple(notes))


def _of_column(collection: Collection, column: str) -> np.ndarray:
    values = collection.catalogue([column])[column].to_pylist()
    texts = np.array(["" if v is None or v != v else str(v) for v in values])  # noqa: PLR0124
    numbers = np.unique(texts, return_inverse=True)[1].astype(np.int64)
    return np.where(texts == "", -1, numbers)


def _twins(collection: Collection, *, quiet: bool) -> np.ndarray:
    looked = survey(collection, flaws=False, quiet=quiet)
    equal = list(equal_files([collection]))
    for pair in equal:  # those need no look at their pixels
        looked.prints[pair.row] = 0
    return _paired([*equal, *near_duplicates([collection], [looked.prints], quiet=quiet)], len(collection))


def _paired(pairs: Iterable[Pair], count: int) -> np.ndarray:
    ends = np.array([(pair.row, pair.other[1]) for pair in pairs], np.int64).reshape(-1, 2)
    return _components(ends, count)


def _connected(joined: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Groups of groups: galaxies that share a number in any of them, directly or through others."""
    ends = []
    for numbers in joined:
        rows = np.flatnonzero(numbers >= 0)
        rows = rows[np.argsort(numbers[rows], kind="stable")]
        same = numbers[rows[1:]] == numbers[rows[:-1]]
        ends.append(np.column_stack([rows[:-1][same], rows[1:][same]]))
    return _components(np.concatenate(ends) if ends else np.empty((0, 2), np.int64), count)


def _components(ends: np.ndarray, count: int) -> np.ndarray:
    """Connected galaxies share a number; -1 for those without a connection."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    numbers = connected_components(graph, directed=False)[1].astype(np.int64)
    return np.where(np.isin(np.arange(count), ends), numbers, -1)


def _several(numbers: np.ndarray) -> int:
    """How many galaxies are in a group of two or more."""
    counts = np.bincount(numbers[numbers >= 0])
    return int(counts[counts > 1].sum())
