"""One galaxy that stands twice: by its file, its pixels or its place, in a collection or in two."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tuningfork.collection import Collection
from tuningfork.evaluation.proof import SAME_DETAIL, same_detail
from tuningfork.evaluation.twins import agreement, candidate_pairs, descriptors, unit, zoomed
from tuningfork.images.sky import nearest, pairs_within
from tuningfork.progress import progress
from tuningfork.tasks.doctor.survey import picture_of

__all__ = ["SAME_PLACE", "Pair", "equal_files", "near_duplicates", "same_places"]

SAME_PLACE = 1.0  # arcsec
_AGREEMENT = 0.65  # of fingerprints: below it pixels are not compared
_ZOOMS = (0, 2, 4)  # rings of 13 per cent


@dataclass(frozen=True, slots=True)
class Pair:
    """A galaxy (``row``) that is the same as another: number of its collection (0: the same) and its row."""

    kind: str
    row: int
    other: tuple[int, int]
    detail: str
    strength: float = 1.0


def equal_files(collections: Sequence[Collection]) -> Iterator[Pair]:
    """Stamps with the digest of an earlier one, or of one in another collection."""
    own, *others = (c.catalogue(["digest"])["digest"].to_pylist() for c in collections)
    elsewhere: dict[str, tuple[int, int]] = {}
    for number, digests in enumerate(others, 1):
        for row, digest in enumerate(digests):
            elsewhere.setdefault(digest, (number, row))
    first: dict[str, tuple[int, int]] = {}
    for row, digest in enumerate(own):
        if digest is None:
            continue
        here = first.setdefault(digest, (0, row))
        for place in (here, elsewhere.get(digest)):
            if place not in (None, (0, row)):
                yield Pair("duplicate", row, place, f"the same file as {_name(collections, place)}")


def same_places(collections: Sequence[Collection]) -> Iterator[Pair]:
    """Galaxies within an arcsec of an earlier one, or of one in another collection."""
    (ra, dec), *others = (_positions(collection) for collection in collections)
    earlier, later, away = pairs_within(ra, dec, SAME_PLACE)
    rows, first = np.unique(later, return_index=True)  # pairs are in the order of `earlier`
    for row, other, distance in zip(rows, earlier[first], away[first], strict=True):
        yield _placed(collections, int(row), (0, int(other)), float(distance))
    taken = set(rows.tolist())
    for number, (other_ra, other_dec) in enumerate(others, 1):
        found, distances = nearest(ra, dec, other_ra, other_dec, SAME_PLACE)
        for row in np.flatnonzero(found >= 0).tolist():
            if row not in taken:
                taken.add(row)
                yield _placed(collections, row, (number, int(found[row])), float(distances[row]))


def near_duplicates(
    collections: Sequence[Collection],
    prints: Sequence[np.ndarray],
    vectors: Sequence[np.ndarray] | None = None,
    *,
    quiet: bool = False,
) -> Iterator[Pair]:
    """Galaxies whose pixels are those of another, turned, mirrored, cropped, resized or compressed anew.

    For each galaxy the neighbour with the best agreeing fingerprint is taken, and the nearest by embedding
    when there are vectors of the same encoder in all collections; then the pixels decide.

    Parameters
    ----------
    prints : sequence of ndarray
        Of each collection, ``[n, RINGS, ANGLES]``; zeros are passed over.
    vectors : sequence of ndarray, optional
        Of each collection, ``[n, d]``; zeros where there is none.
    """
    starts = np.concatenate([[0], np.cumsum([len(p) for p in prints])])
    everything = prints[0] if len(prints) == 1 else np.concatenate(prints)
    pairs = _candidates(everything, int(starts[1]), vectors)
    pictures = lru_cache(maxsize=512)(lambda place: picture_of(collections[place[0]], place[1]))

    def compared(pair: tuple[int, int]) -> float:
        one, two = (pictures(_placed_in(starts, row)) for row in pair)
        return 0.0 if one is None or two is None else same_detail(one, two)

    best: dict[tuple[int, bool], tuple[float, int]] = {}
    with (
        ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="doctor") as pool,
        progress("comparing", len(pairs), unit="pairs", quiet=quiet) as advance,
    ):
        for start in range(0, len(pairs), 256):
            block = pairs[start : start + 256].tolist()
            for (i, j), score in zip(block, pool.map(compared, block), strict=True):
                outside = j >= starts[1]
                row, other = (i, j) if outside else (j, i)  # the later one of two in the same collection
                if score >= SAME_DETAIL and score > best.get((row, outside), (0.0, 0))[0]:
                    best[row, outside] = (score, other)
            advance(len(block))
    for (row, _), (score, other) in sorted(best.items()):
        place = _placed_in(starts, other)
        detail = f"the picture of {_name(collections, place)} (detail agrees to {score:.2f})"
        yield Pair("near_duplicate", row, place, detail, score / SAME_DETAIL)


def _candidates(prints: np.ndarray, own: int, vectors: Sequence[np.ndarray] | None) -> np.ndarray:
    """Pairs of rows int64 ``[m, 2]`` worth a look at the pixels: for each galaxy one here, one elsewhere."""
    flat = np.flatnonzero(np.any(prints != 0, axis=(1, 2)))  # the rest have no detail
    own = int(np.searchsorted(flat, own))
    if own == 0 or len(flat) < 2:
        return np.empty((0, 2), np.int64)
    known = descriptors(prints[flat])
    best = np.full((2, own), _AGREEMENT, np.float32)  # in the own collection, in the others
    partner = np.full((2, own), -1, np.int64)
    for rings in _ZOOMS:
        turned = zoomed(known, rings)
        for base, asking in ((known, turned), (turned, known))[: 1 if rings == 0 else 2]:
            for i, j, _ in candidate_pairs(base, own, asking=asking):
                _keep_best(best, partner, i, j, agreement(prints[flat[i]], prints[flat[j]]))
    pairs = {(min(i, j), max(i, j)) for side in partner.tolist() for i, j in enumerate(side) if j >= 0}
    if vectors is not None:
        for i, j, cosine in candidate_pairs(_centred(vectors, flat), own, nearest=1):
            pairs |= set(zip(i[cosine > 0.8].tolist(), j[cosine > 0.8].tolist(), strict=True))
    return flat[np.array(sorted(pairs), np.int64).reshape(-1, 2)]


def _centred(vectors: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Some rows of all vectors one after the other, less the mean of their collection, at length one.

    Rows without a vector stay zero: they are like nobody.
    """
    out, start, filled = np.zeros((len(rows), vectors[0].shape[1]), np.float32), 0, 0
    for part in vectors:
        mean = part.sum(axis=0) / max(int(part.any(axis=1).sum()), 1)
        inside = rows[(rows >= start) & (rows < start + len(part))] - start
        for chunk in np.array_split(inside, len(inside) // 65_536 + 1):
            taken = part[chunk]
            out[filled : filled + len(chunk)] = unit((taken - mean) * taken.any(axis=1, keepdims=True))
            filled += len(chunk)
        start += len(part)
    return out


def _keep_best(
    best: np.ndarray, partner: np.ndarray, i: np.ndarray, j: np.ndarray, scores: np.ndarray
) -> None:
    """For each galaxy the best among those before it, and among those of other collections.

    Of many copies, so, all but the first find one that stays.
    """
    outside = j >= best.shape[1]
    rows, others = np.where(outside, i, j), np.where(outside, j, i)
    order = np.argsort(scores, kind="stable")  # the best is written last
    better = order[scores[order] > best[outside[order].astype(int), rows[order]]]
    place = outside[better].astype(int), rows[better]
    best[place], partner[place] = scores[better], others[better]


def _positions(collection: Collection) -> tuple[np.ndarray, np.ndarray]:
    table = collection.catalogue(["ra", "dec"])
    return tuple(table[name].to_numpy().astype(float) for name in ("ra", "dec"))  # type: ignore[return-value]


def _placed_in(starts: np.ndarray, row: int) -> tuple[int, int]:
    number = int(np.searchsorted(starts, row, side="right")) - 1
    return number, int(row - starts[number])


def _placed(collections: Any, row: int, other: tuple[int, int], away: float) -> Pair:
    detail = f"{away:.2f} arcsec from {_name(collections, other)}"
    return Pair("same_position", row, other, detail, SAME_PLACE / max(away, 0.01))


def _name(collections: Sequence[Collection], place: tuple[int, int]) -> str:
    number, row = place
    galaxy = str(collections[number].ids([row])[0])
    return galaxy if number == 0 else f"{galaxy} in {collections[number].name}"
