"""Folds by which every galaxy of a collection is judged once, and twins stand together."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError
from tuningfork.files import write_atomically
from tuningfork.labels.splits import make_split

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["Folds", "drawn_folds"]


class Folds:
    """Folds of some galaxies, drawn anew for each seed.

    Parameters
    ----------
    codes : ndarray
        (N,) what is shared out evenly; below 0 for galaxies that take no part.
    groups : ndarray
        (N,) galaxies of one number stay together, below 0: alone.
    count : int
    """

    def __init__(self, codes: np.ndarray, groups: np.ndarray, count: int):
        self.codes, self.groups, self.count = codes, groups, count
        self._known: dict[int, np.ndarray] = {}

    def of(self, seed: int) -> np.ndarray:
        """(N,) number of each galaxy's fold, -1 where it takes no part."""
        if seed not in self._known:
            try:
                found = make_split(self.codes, folds=self.count, groups=self.groups, seed=seed)
            except DataError:  # too few single galaxies of a class: groups are dealt without their classes
                plain = np.where(self.codes >= 0, 0, -1)
                found = make_split(plain, folds=self.count, groups=self.groups, seed=seed)
            self._known[seed] = found
        return self._known[seed]

    def parts(self, among: np.ndarray, seed: int, fold: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from and rows to judge, of those among (N,) that are true."""
        own = self.of(seed)
        return np.flatnonzero(among & (own >= 0) & (own != fold)), np.flatnonzero(among & (own == fold))

    @property
    def key(self) -> str:
        """A short hash of what they are drawn from."""
        told = hashlib.sha256(np.concatenate([self.codes, self.groups, [self.count]]).tobytes())
        return told.hexdigest()[:12]


def drawn_folds(
    collection: "Collection", codes: np.ndarray, count: int, out: Path, *, quiet: bool = False
) -> tuple[Folds, Sequence[str]]:
    """Folds of a collection's galaxies, and what a reader must know of them.

    Galaxies of one file, one picture or one place in the sky stay together; the search is kept in
    ``out/groups.json``.

    Raises
    ------
    DataError
        There are fewer galaxies than folds.
    """
    from tuningfork.tasks.labels.groups import galaxy_groups

    there = int((codes >= 0).sum())
    if there < count:
        raise DataError(f"{there} galaxies cannot make {count} folds", where=collection.name)
    file, key = out / "groups.json", collection.fingerprint()
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if known.get("key") != key:
        found = galaxy_groups(collection, quiet=quiet)
        known = {"key": key, "numbers": found.numbers.tolist(), "notes": list(found.notes)}
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(known))
    together = int((np.array(known["numbers"]) >= 0).sum())
    note = f"{count} folds, drawn anew for each seed; {together} galaxies stay with their twins"
    return Folds(codes, np.array(known["numbers"], np.int64), count), (note,)
