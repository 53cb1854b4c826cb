"""The galaxies that a table is judged on, and their twins in any survey, are kept away from pre-training."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuningfork.collection import Collection
from tuningfork.files import write_atomically
from tuningfork.images.sky import nearest
from tuningfork.tasks.doctor.pairs import SAME_PLACE, near_duplicates
from tuningfork.tasks.doctor.survey import survey

__all__ = ["Pool", "gather"]


@dataclass(frozen=True)
class Pool:
    """What may be learnt from without labels.

    Parameters
    ----------
    collections : tuple of Collection
    kept_away : tuple of frozenset of str
        For each collection the ids that stand among the judged galaxies.
    """

    collections: tuple[Collection, ...]
    kept_away: tuple[frozenset[str], ...]

    def __len__(self) -> int:
        return sum(map(len, self.collections)) - sum(map(len, self.kept_away))

    @property
    def key(self) -> str:
        """A short hash of the ids that are left."""
        digest = hashlib.sha256()
        for collection, out in zip(self.collections, self.kept_away, strict=True):
            left = sorted(str(name) for name in collection.ids() if str(name) not in out)
            digest.update("\n".join([collection.name, *left, ""]).encode())
        return digest.hexdigest()[:12]

    def note(self) -> str:
        """How many galaxies are left, and how many were kept away, in words."""
        told = ", ".join(
            f"{len(out)} of {collection.name}"
            for collection, out in zip(self.collections, self.kept_away, strict=True)
            if out
        )
        return (
            f"pre-trained on {len(self):,} galaxies; kept away, as judged or twins of such: {told or 'none'}"
        )


def gather(
    collections: Sequence[Collection],
    judged: Sequence[tuple[Collection, np.ndarray]],
    out: Path,
    *,
    quiet: bool = False,
) -> Pool:
    """The galaxies of some collections that are not judged.

    One is kept away when its file, its pixels (turned, cropped or compressed anew, too) or its place in the
    sky is that of a judged one. The search is kept in ``out/kept_away.json``.

    Parameters
    ----------
    collections : sequence of Collection
        To learn from.
    judged : sequence of (Collection, ndarray)
        Collections and their rows that are judged.
    out : Path
        The table's folder.
    """
    file, key = out / "kept_away.json", _key(collections, judged)
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if known.get("key") != key:
        prints = [_prints(collection, quiet=quiet) for collection in collections]
        found = [set() for _ in collections]
        for judge, rows in judged:
            wanted = _prints(judge, rows, quiet=quiet)
            for ids, other, theirs in zip(found, collections, prints, strict=True):
                ids.update(_twins_in(judge, rows, wanted, other, theirs.copy()))
        known = {"key": key, "ids": [sorted(ids) for ids in found]}
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(known, indent=1))
    return Pool(tuple(collections), tuple(frozenset(ids) for ids in known["ids"]))


def _prints(collection: Collection, rows: np.ndarray | None = None, *, quiet: bool) -> np.ndarray:
    """Fingerprints of all galaxies, or of some rows: the others are nobody's twin."""
    prints = np.array(survey(collection, flaws=False, quiet=quiet).prints)
    if rows is not None:
        prints[np.setdiff1d(np.arange(len(prints)), rows)] = 0
    return prints


def _twins_in(
    judge: Collection, rows: np.ndarray, prints: np.ndarray, other: Collection, theirs: np.ndarray
) -> set[str]:
    """Ids of the galaxies of another collection that stand among the judged rows."""
    twins = _same_file(judge, rows, other) | _same_place(judge, rows, other)
    fresh = twins
    while True:  # a judged galaxy is told one twin at a time, and may have several
        theirs[list(fresh)] = 0
        pairs = near_duplicates([judge, other], [prints.copy(), theirs], quiet=True)
        fresh = {pair.other[1] for pair in pairs if pair.other[0] == 1}
        if not fresh:
            return {str(name) for name in other.ids(sorted(twins))}
        twins |= fresh


def _same_file(judge: Collection, rows: np.ndarray, other: Collection) -> set[int]:
    own = judge.catalogue(["digest"])["digest"].to_pylist()
    judged = {own[row] for row in rows} - {None}
    return {
        row
        for row, digest in enumerate(other.catalogue(["digest"])["digest"].to_pylist())
        if digest in judged
    }


def _same_place(judge: Collection, rows: np.ndarray, other: Collection) -> set[int]:
    (ra, dec), (other_ra, other_dec) = _positions(judge), _positions(other)
    found, _ = nearest(other_ra, other_dec, ra[rows], dec[rows], SAME_PLACE)
    return set(np.flatnonzero(found >= 0).tolist())


def _positions(collection: Collection) -> tuple[np.ndarray, np.ndarray]:
    table = collection.catalogue(["ra", "dec"])
    ra, dec = (table[name].to_numpy().astype(float) for name in ("ra", "dec"))
    return ra, dec


def _key(collections: Sequence[Collection], judged: Sequence[tuple[Collection, np.ndarray]]) -> str:
    digest = hashlib.sha256()
    for collection, rows in [*((c, None) for c in collections), *judged]:
        digest.update("\n".join([collection.name, *map(str, collection.ids(rows)), ""]).encode())
    return digest.hexdigest()[:12]
