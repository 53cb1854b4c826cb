"""The galaxies of the tables: learnt from, choosing among passes, and judging, which choose nothing."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError, UsageError
from tuningfork.files import write_atomically
from tuningfork.labels.coded import coded
from tuningfork.labels.splits import make_split
from tuningfork.papers.ma2023.printed import CLASSES, PAIR
from tuningfork.tasks.morphology.hiwl import checked_groups, merged, named_groups
from tuningfork.tasks.morphology.parts import class_column, labelled_parts, only_classes

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.labels.coded import Coded

__all__ = ["Galaxies", "merged_pair", "open_galaxies"]

_CHOOSING = {"train": 8 / 9, "val": 1 / 9}  # the paper's 8 : 1 : 1, without the one that judges


@dataclass(frozen=True)
class Galaxies:
    """Labelled galaxies of one collection in three parts.

    Parameters
    ----------
    collection : Collection
    classes : tuple of str
        In the paper's order where they are the paper's.
    codes : ndarray
        (N,) number of the class of every row, -1 without.
    train, choosing, judged : ndarray
        Rows.
    notes : tuple of str
    """

    collection: "Collection"
    classes: tuple[str, ...]
    codes: np.ndarray
    train: np.ndarray
    choosing: np.ndarray
    judged: np.ndarray
    notes: tuple[str, ...] = ()

    def rows(self, part: str) -> np.ndarray:
        """Of "train", "choosing" or "judged"."""
        return getattr(self, part)

    def texts(self, rows: np.ndarray) -> np.ndarray:
        """(n,) classes as text."""
        return np.array(self.classes, dtype=object)[self.codes[rows]]

    def of_stage(self, part: str, stage: str, group: dict[str, tuple[str, ...]]) -> tuple[np.ndarray, ...]:
        """Rows and labels of a part as a stage sees them: all classes, merged, or only the merged ones."""
        rows = self.rows(part)
        if stage == "two":
            (names,) = group.values()
            rows = rows[np.isin(self.texts(rows), names)]
        labels = self.texts(rows)
        return rows, merged(labels, group) if stage == "one" else labels

    @property
    def key(self) -> str:
        """Names galaxies, labels and parts without doubt."""
        told = hashlib.sha256(self.collection.fingerprint().encode())
        for rows in (self.train, self.choosing, self.judged):
            told.update(rows.tobytes() + "\n".join(self.texts(rows)).encode() + b"\0")
        return told.hexdigest()[:12]

    @property
    def commonest(self) -> int:
        """The class that most training galaxies have."""
        return int(np.bincount(self.codes[self.train], minlength=len(self.classes)).argmax())

    @property
    def rarest(self) -> str:
        """The class that fewest training galaxies have."""
        return self.classes[int(np.bincount(self.codes[self.train], minlength=len(self.classes)).argmin())]


def open_galaxies(
    source: str, label: str, split_column: str | None, out: Path, *, quiet: bool = False
) -> Galaxies:
    """Labelled galaxies in their parts.

    With a column of train, val and test these are taken. With train and val alone val judges, and a ninth of
    train is drawn for choosing: what chooses must not judge. Without a column 8 : 1 : 1 are drawn. Galaxies
    that are one picture, or lie at one place, stay together in a draw, and judge nothing when one of them is
    learnt from.

    Raises
    ------
    DataError, CollectionError, UnknownNameError
        Column, labels or split cannot be learnt from.
    """
    from tuningfork.collection import Collection

    collection = Collection.open(source)
    labels = coded(class_column(collection, label))
    if set(labels.classes) <= set(CLASSES):
        labels = only_classes(labels, [name for name in CLASSES if name in labels.classes])
    flagged = collection.flagged() & (labels.codes >= 0)
    codes = np.where(flagged, -1, labels.codes)
    groups = _groups(collection, out, quiet=quiet)
    parts, how = _parts(collection, labels, codes, split_column, groups)
    train, choosing, judged = (np.flatnonzero((parts == p) & (codes >= 0)) for p in ("train", "val", "test"))
    known = np.isin(groups[judged], groups[np.concatenate([train, choosing])]) & (groups[judged] >= 0)
    judged = judged[~known]
    if not len(judged):
        raise DataError("no labelled galaxy is left to judge on", where=collection.name)
    notes = [
        *labels.notes,
        f"{len(train):,} galaxies to learn from, {len(choosing):,} that choose passes and combinations, "
        f"{len(judged):,} that judge and choose nothing ({how})",
        f"{int(known.sum()):,} judged galaxies are twins of others that are learnt from, and were dropped",
    ]
    if flagged.any():
        notes.append(f"{int(flagged.sum()):,} labelled galaxies are in quarantine and take no part")
    found = Galaxies(collection, labels.classes, codes, train, choosing, judged)
    counts = np.bincount(codes[judged], minlength=len(labels.classes)).tolist()
    told = ", ".join(f"{name} {count}" for name, count in zip(labels.classes, counts, strict=True))
    notes.append(f"judged: {told}; the majority line always says {labels.classes[found.commonest]}")
    if lacking := [name for name in CLASSES if name not in labels.classes]:
        notes.append(f"the paper's classes that are not there: {', '.join(lacking)}")
    return Galaxies(collection, labels.classes, codes, train, choosing, judged, tuple(notes))


def merged_pair(hiwl: str | None, classes: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """The classes that are merged and then parted; None where a plain network is to say them.

    By default the paper's, CSS and EO; for other labels those that a plain network confuses most.

    Raises
    ------
    DataError
        One of the paper's two is there, and the other is not.
    UsageError
        More than one group, or too few classes.
    """
    if hiwl and hiwl != "auto":
        given = checked_groups(named_groups(hiwl), classes)
        if len(given) > 1:
            raise UsageError(
                "the tables merge one group of classes", where="--hiwl", remedy="Give one, as A+B"
            )
        return given
    if len(classes) < 3:
        raise UsageError("two classes leave nothing to merge", where="--hiwl")
    there = [name for name in PAIR if name in classes]
    if hiwl is None and len(there) == 1:
        (lacking,) = set(PAIR) - set(there)
        raise DataError(
            f"no galaxy of class {lacking}, which the paper merges with {there[0]}",
            remedy="Give the classes to merge, as --hiwl A+B, or --hiwl auto",
        )
    return None if hiwl or not there else {"+".join(PAIR): PAIR}


def _parts(
    collection: "Collection",
    labels: "Coded",
    codes: np.ndarray,
    split_column: str | None,
    groups: np.ndarray,
) -> tuple[np.ndarray, str]:
    """(N,) "train", "val" for choosing, "test" for judging."""
    if split_column is None and not _says_parts(collection):
        drawn = make_split(codes, groups=groups, names=labels.classes)
        return drawn.astype(object), "drawn 8 : 1 : 1 of each class with seed 0"
    given = labelled_parts(collection, labels, split_column=split_column)
    parts = given.parts.astype(object)
    column = f"column '{split_column or 'split'}'"
    if (parts == "test").any():
        return parts, column
    learnt = parts == "train"
    drawn = make_split(np.where(learnt, codes, -1), parts=_CHOOSING, groups=groups, names=labels.classes)
    parts = np.where(parts == "val", "test", "").astype(object)
    parts[learnt] = drawn[learnt]
    return parts, f"{column}: its val judges; a ninth of its train was drawn for choosing, with seed 0"


def _says_parts(collection: "Collection") -> bool:
    """Whether a column "split" says train and val, as `labelled_parts` then takes it."""
    if "split" not in collection.columns:
        return False
    return {"train", "val"} <= {str(value).lower() for value in class_column(collection, "split")}


def _groups(collection: "Collection", out: Path, *, quiet: bool) -> np.ndarray:
    """(N,) numbers of galaxies that are one picture or lie at one place, -1 alone; kept beside the tables."""
    from tuningfork.tasks.labels.groups import galaxy_groups

    file, key = out / "groups.json", collection.fingerprint()
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if known.get("key") != key:
        numbers = galaxy_groups(collection, quiet=quiet).numbers
        known = {"key": key, "numbers": numbers.tolist()}
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(known))
    return np.array(known["numbers"], np.int64)
