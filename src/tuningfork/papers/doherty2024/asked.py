"""The schemes put to the galaxies of one collection: labels, folds, and what cannot be asked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError, TuningforkError, UsageError
from tuningfork.papers.doherty2024.settings import SCHEMES, Way
from tuningfork.papers.folds import Folds, drawn_folds
from tuningfork.tasks.morphology.binary_labels import BinaryLabels, binary_labels

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["Asked", "ask"]


@dataclass(frozen=True)
class Asked:
    """Galaxies with yes-or-no labels.

    Parameters
    ----------
    collection : Collection
    labels : dict
        Scheme -> its labels.
    folds : Folds
    missing : dict
        Scheme -> why it cannot be asked here.
    notes : tuple of str
    """

    collection: "Collection"
    labels: dict[str, BinaryLabels]
    folds: Folds
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def known(self, scheme: str) -> np.ndarray:
        """(N,) whether a galaxy has any label of a scheme."""
        return np.any(np.isfinite(self.labels[scheme].wanted), axis=1)

    def parts(self, scheme: str, seed: int, fold: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from, and rows that are judged."""
        return self.folds.parts(self.known(scheme), seed, fold)

    def keys(self) -> dict[str, str]:
        """Scheme -> what names galaxies, labels and folds without doubt."""
        found = {}
        for scheme, labels in self.labels.items():
            told = hashlib.blake2b(self.collection.fingerprint().encode(), digest_size=6)
            told.update(self.folds.key.encode() + "\n".join(labels.names).encode() + labels.wanted.tobytes())
            found[scheme] = told.hexdigest()
        return found

    def questions(self) -> dict[str, tuple[str, ...]]:
        """Scheme -> the questions that it is put together from."""
        return {
            scheme: tuple(dict.fromkeys(name.partition(".")[0] for name in labels.names))
            for scheme, labels in self.labels.items()
        }


def ask(sources: Sequence[str], way: Way, out: Path, *, quiet: bool = False) -> Asked:
    """Open the collection and make the labels of every scheme that its votes allow.

    Raises
    ------
    DataError
        Not one scheme can be asked; with the reason of the first.
    """
    from tuningfork.collection import Collection

    if len(sources) != 1:
        raise UsageError(f"one collection with votes is wanted, not {len(sources)}")
    collection = Collection.open(sources[0])
    labels, missing = {}, {}
    flagged = collection.flagged()
    for scheme in SCHEMES:
        try:
            made = binary_labels(collection, f"doherty2024:{scheme}", unasked=way.unasked)
        except TuningforkError as error:
            missing[scheme] = " ".join(str(error).split())
            continue
        made.wanted[flagged] = np.nan
        labels[scheme] = made
    if not labels:
        raise DataError(f"no question can be asked: {next(iter(missing.values()))}", where=collection.name)
    codes = _codes(labels)
    folds, notes = drawn_folds(collection, codes, way.folds, out, quiet=quiet)
    said = [line for made in labels.values() for line in made.notes]
    told = tuple(dict.fromkeys([*notes, *said]))
    return Asked(collection, labels, folds, missing, told)


def _codes(labels: dict[str, BinaryLabels]) -> np.ndarray:
    """What the folds share out evenly: the answers to the first question; -1 without any label."""
    known = np.any([np.isfinite(made.wanted).any(axis=1) for made in labels.values()], axis=0)
    first = next(iter(labels.values())).wanted
    answered = np.isfinite(first).any(axis=1)
    codes = np.where(answered, np.nan_to_num(first).argmax(axis=1), first.shape[1])
    _, codes = np.unique(np.where(known, codes, -1), return_inverse=True)
    return codes.astype(np.int64) - int((~known).any())
