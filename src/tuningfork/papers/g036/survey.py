"""A labelled survey that is judged on: its classes, its split, and the draws of a few labels per class."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["SPLIT", "Survey", "open_surveys", "sort_sources"]

SPLIT = "split"  # the column of parts where none was named; a collection need not have it


@dataclass(frozen=True)
class Survey:
    """Labelled rows of one collection.

    Parameters
    ----------
    name : str
    collection : Collection
    train, test : ndarray
        Rows; nothing is learnt from the second.
    labels : ndarray
        Of every row of the collection, as text.
    notes : tuple of str
        How the split was made.
    """

    name: str
    collection: "Collection"
    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> list[str]:
        """Names of the classes, sorted."""
        return sorted(set(self.labels[self.train]) | set(self.labels[self.test]))

    @property
    def truth(self) -> np.ndarray:
        """(m,) classes of the test galaxies."""
        return self.labels[self.test]

    def key(self) -> str:
        """Names galaxies, labels and parts without doubt."""
        told = hashlib.sha256(self.collection.fingerprint().encode())
        for rows in (self.train, self.test):
            told.update(rows.tobytes() + "\n".join(self.labels[rows]).encode())
        return told.hexdigest()[:12]

    def draw(self, per_class: int, seed: int, held_out: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Training rows, so many of each class, 0 is all there are; and further ones that are held out.

        The smaller draws of a seed lie within its larger ones. A class that has fewer is repeated until it
        has as many, each time in other views: the paper makes up for its class of 17 so (section 2.5).

        Parameters
        ----------
        held_out : float
            How many are held out, as a share of those that are learnt from, at least one of each class.
        """
        rng = np.random.default_rng(seed)
        parts, out = [], []
        for name in sorted(set(self.labels[self.train])):
            members = rng.permutation(self.train[self.labels[self.train] == name])
            wanted = per_class or round(len(members) / (1 + held_out))
            spare = min(max(1, round(wanted * held_out)), len(members) // 2) if held_out else 0
            members, away = members[: len(members) - spare], members[len(members) - spare :]
            parts.append(np.resize(members, per_class) if per_class else members)
            out.append(away)
        return np.concatenate(parts), np.concatenate(out)

    def images(self, every: Sequence[int]) -> dict[int, int]:
        """How many training images there are for each number per class.

        Numbers that fewer than half of the classes have are left out.
        """
        sizes = np.unique(self.labels[self.train], return_counts=True)[1]
        return {n: n * len(sizes) or int(sizes.sum()) for n in every if (sizes >= n).mean() >= 0.5}


def sort_sources(sources: Sequence[str]) -> tuple[list[str], list[tuple[str, str, str | None]]]:
    """Collections to pre-train on, and surveys to judge on as (name, folder, label column or None).

    The second are written ``NAME=DIR`` or ``NAME=DIR:COLUMN``.

    Raises
    ------
    UsageError
        One kind is missing, two surveys have one name, or a name is more than letters, digits, _ and -.
    """
    pool, judged = [], []
    for source in sources:
        name, equals, rest = source.partition("=")
        if not equals:
            pool.append(source)
            continue
        if not re.fullmatch(r"[\w-]+", name):  # it becomes the name of a picture's file
            raise UsageError(f"'{name}' is no name for a survey", where=source, remedy="Letters and digits")
        folder, colon, column = rest.rpartition(":")
        both = (folder, column) if colon and "/" not in column else (rest, None)
        judged.append((name, *both))
    if not pool or not judged:
        raise UsageError(
            "collections to pre-train on and surveys to judge on are wanted",
            remedy="Give both, as: galaxies more sdss=labelled:label decals=rings:ring",
        )
    if len({name for name, *_ in judged}) < len(judged):
        raise UsageError("two surveys have the same name")
    return pool, judged


def open_surveys(
    judged: Sequence[tuple[str, str, str | None]], label: str, split_column: str | None, *, quiet: bool
) -> list[Survey]:
    """Open the judged collections; a split column counts where a collection has it.

    Raises
    ------
    UnknownNameError
        A collection has no column of classes of that name, or none has the split column.
    DataError
        One of its classes has no training galaxy.
    """
    from tuningfork.collection import Collection
    from tuningfork.papers.opening import PARTS
    from tuningfork.tasks.features import split_collection

    surveys = []
    opened = [Collection.open(folder) for _, folder, _ in judged]
    every = {column for collection in opened for column in collection.columns}
    if split_column not in {None, SPLIT, *every}:
        raise UnknownNameError("column", str(split_column), every)
    for (name, _, column), collection in zip(judged, opened, strict=True):
        own = split_column if split_column in collection.columns else None
        split = split_collection(
            collection, label_column=column or label, split_column=own, values=PARTS, quiet=quiet
        )
        notes = tuple(f"{name}: {note}" for note in split.notes)
        survey = Survey(name, collection, split.train, split.test, split.labels, notes)
        unknown = set(survey.truth) - set(split.labels[split.train])
        if unknown or len(survey.classes) < 2:
            raise DataError(
                f"nothing to learn classes from ({', '.join(sorted(unknown)) or survey.classes})", where=name
            )
        surveys.append(survey)
    return surveys
