"""Which galaxies are learnt from, which choose, and which only judge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import CollectionError, DataError, UnknownNameError, UsageError
from tuningfork.labels.checks import double
from tuningfork.labels.coded import Coded, coded
from tuningfork.labels.split_file import SplitFile, read_split
from tuningfork.labels.splits import make_split

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["LabelledParts", "class_column", "labelled_parts", "only_classes", "without_flagged"]

_CALLED = {"validation": "val", "valid": "val", "training": "train", "testing": "test"}


@dataclass(frozen=True)
class LabelledParts:
    """Labelled galaxies of a collection in parts.

    Parameters
    ----------
    labels : Coded
        Of every row of the collection.
    parts : ndarray
        (N,) "train", "val", "test" as text, "" for galaxies that take no part.
    split : SplitFile
        The same with ids, to be kept with the run.
    notes : tuple of str
        What a reader should know.
    """

    labels: Coded
    parts: np.ndarray
    split: SplitFile
    notes: tuple[str, ...] = ()

    def rows(self, part: str) -> np.ndarray:
        """(n,) rows of a part."""
        return np.flatnonzero(self.parts == part)

    def texts(self, rows: np.ndarray) -> np.ndarray:
        """(n,) classes of some rows, as text."""
        return np.array(self.labels.classes, dtype=object)[self.labels.codes[rows]]


def class_column(collection: "Collection", name: str) -> np.ndarray:
    """A column of the catalogue, (N,) objects; raises `UnknownNameError` with the columns there are."""
    if name not in collection.columns:
        raise UnknownNameError("column", name, collection.columns, where=str(collection.path))
    return np.array(collection.catalogue(columns=[name])[name].to_pylist(), dtype=object)


def only_classes(labels: Coded, names: Sequence[str]) -> Coded:
    """Without the other classes, whose galaxies have no class then."""
    for name in names:
        if name not in labels.classes:
            raise UnknownNameError("class", name, labels.classes, where="--classes")
    if twice := double(list(names)):
        raise UsageError(f"'{twice}' is named twice", where="--classes")
    place = np.array([list(names).index(c) if c in names else -1 for c in labels.classes] + [-1])
    return replace(labels, classes=tuple(names), codes=place[labels.codes])


def without_flagged(collection: "Collection", labels: Coded) -> Coded:
    """Galaxies in quarantine take no part."""
    flagged = collection.flagged() & (labels.codes >= 0)
    if not flagged.any():
        return labels
    note = f"{int(flagged.sum()):,} labelled galaxies are in quarantine and take no part"
    return replace(labels, codes=np.where(flagged, -1, labels.codes), notes=(*labels.notes, note))


def labelled_parts(
    collection: "Collection",
    labels: np.ndarray | Coded,
    *,
    split: Path | str | SplitFile | None = None,
    split_column: str | None = None,
    fold: int | None = None,
    seed: int = 0,
) -> LabelledParts:
    """Parts of a collection's labelled galaxies.

    Parameters
    ----------
    collection : Collection
    labels : ndarray or Coded
        (N,) class of every row as text; None, "" and NaN are no class.
    split : path or SplitFile, optional
        A file of ``tuningfork labels split``, of parts or of folds, or what it holds.
    split_column : str, optional
        A column that says train, val, test. Without file and column one of the name "split" is taken where
        it says so, and else 8 : 1 : 1 of each class are drawn; galaxies of one file, of one place on the sky
        (3 arcsec) or of one ``sky_position_group`` stay together.
    fold : int, optional
        Of a file of folds: which one validates; the others are learnt from.
    seed : int
        Of the draw.

    Raises
    ------
    DataError
        No labels, a class with too few examples, no part to learn from or to choose by.
    CollectionError
        The split is of another collection.
    """
    found = labels if isinstance(labels, Coded) else coded(labels)
    where = collection.name
    if len(found.classes) < 2:
        told = "there are no labels" if not found.classes else f"'{found.classes[0]}' is the only class"
        raise DataError(f"{told}: nothing to tell apart", where=where, remedy="Choose another --label")
    notes: tuple[str, ...] = ()
    if split is not None:
        parts = _of_file(collection, split, fold)
    elif fold is not None:
        raise UsageError("a fold is one of a split file", where="--fold", remedy="Give --split FILE")
    else:
        parts, notes = _of_column(collection, split_column)
        if parts is None:
            parts, notes = _drawn(collection, found, seed)
    parts = np.where(found.codes >= 0, parts, "")
    _check(found, parts, where)
    rows = np.flatnonzero(parts != "")
    ids = tuple(str(i) for i in collection.ids(rows))
    return LabelledParts(found, parts, SplitFile(ids, tuple(parts[rows].tolist())), (*found.notes, *notes))


def _of_file(collection: "Collection", split: Path | str | SplitFile, fold: int | None) -> np.ndarray:
    from tuningfork.tasks.labels.splitting import split_rows

    file = split if isinstance(split, SplitFile) else read_split(split)
    called = "the split" if isinstance(split, SplitFile) else str(split)
    found = split_rows(collection, file)
    if not file.in_folds:
        if fold is not None:
            raise UsageError(f"{called} holds parts, not folds", where="--fold")
        return _by_usual_names(found, called)
    if fold is None:
        remedy = "Give --fold 0, or --folds for all of them"
        raise UsageError(f"{called} holds {len(file.counts)} folds", where="--split", remedy=remedy)
    if str(fold) not in file.counts:
        raise UsageError(f"there is no fold {fold} of {len(file.counts)}", where="--fold")
    return np.where(found == "", "", np.where(found == str(fold), "val", "train")).astype(object)


def _of_column(collection: "Collection", name: str | None) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if name is None and "split" not in collection.columns:
        return None, ()
    values = [("" if v is None else str(v)) for v in class_column(collection, name or "split")]
    called = np.array([_CALLED.get(v.lower(), v.lower()) for v in values], dtype=object)
    if name is None and not {"train", "val"} <= set(called.tolist()):
        return None, ()
    said = () if name else ("train and validation as the column 'split' says",)
    return _by_usual_names(called, f"column '{name or 'split'}' of {collection.name}"), said


def _by_usual_names(parts: np.ndarray, where: str) -> np.ndarray:
    called = np.array([_CALLED.get(str(p).lower(), str(p).lower()) for p in parts], dtype=object)
    if not {"train", "val"} <= set(called.tolist()):
        there = ", ".join(sorted({str(p) for p in parts.tolist()} - {""})[:6])
        raise DataError(f"it says no 'train' or no 'val' (but {there or 'nothing'})", where=where)
    return np.where(np.isin(called, ["train", "val", "test"]), called, "")


def _drawn(collection: "Collection", labels: Coded, seed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    for name, count in labels.counts.items():
        if count < 3:
            raise DataError(
                f"class '{name}' has {count} example{'s' * (count != 1)}; training, validation and test each "
                "need one",
                where=collection.name,
                remedy="Leave it out with --classes, or merge it with another class",
            )
    from tuningfork.tasks.labels.groups import galaxy_groups

    shared = ["digest", *(name for name in collection.columns if name == "sky_position_group")]
    groups = galaxy_groups(collection, columns=shared, twins=False, quiet=True).numbers
    parts = make_split(labels.codes, groups=groups, seed=seed, names=labels.classes)
    together = int(((groups >= 0) & (labels.codes >= 0)).sum())
    kept = f", {together:,} of them kept with others of one file or place" if together else ""
    return parts, (
        f"train, validation and test were drawn 8 : 1 : 1 of each class with seed {seed}{kept}",
        "turned, cropped or compressed copies were not looked for: tuningfork labels split does",
    )


def _check(labels: Coded, parts: np.ndarray, where: str) -> None:
    if not (parts == "val").any():
        raise CollectionError("no labelled galaxy stands in the validation part", where=where)
    for number, name in enumerate(labels.classes):
        count = int(((labels.codes == number) & (parts == "train")).sum())
        if count < 2:
            raise DataError(
                f"class '{name}' has {count or 'no'} example{'s' * (count != 1)} to learn from",
                where=where,
                remedy="Leave it out with --classes, or merge it with another class",
            )
