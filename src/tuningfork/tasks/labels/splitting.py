"""Splits of a collection's labelled galaxies, drawn, saved and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.collection import Collection
from tuningfork.labels.coded import Coded, coded
from tuningfork.labels.split_file import SplitFile, hash_of
from tuningfork.labels.splits import make_split, torn_groups
from tuningfork.tasks.labels.groups import galaxy_groups

__all__ = ["SplitCheck", "SplitReport", "check_split", "split_galaxies", "split_rows"]


@dataclass(frozen=True)
class SplitReport:
    """A split, how many galaxies of each class are in each part, and what to know about it."""

    split: SplitFile
    counts: dict[str, dict[str, int]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SplitCheck:
    """What a split holds of a collection, and the groups of galaxies that it tears apart."""

    counts: dict[str, dict[str, int]]
    torn: tuple[tuple[str, ...], ...]
    outside: int
    notes: tuple[str, ...]


def split_galaxies(  # noqa: PLR0913 - keywords
    collection: Collection,
    label: str,
    *,
    parts: Mapping[str, float] | None = None,
    folds: int | None = None,
    group_columns: Sequence[str] = (),
    arcsec: float = 3.0,
    twins: bool = True,
    fewest: int = 0,
    seed: int = 0,
    quiet: bool = False,
) -> SplitReport:
    """Split the galaxies that have a label; those in quarantine stay out.

    Parameters
    ----------
    collection : Collection
    label : str
        The column of classes.
    parts, folds, seed
        See `tuningfork.labels.make_split`.
    group_columns, arcsec, twins
        What stays together, see `tuningfork.tasks.labels.galaxy_groups`.
    fewest : int
        Classes of fewer galaxies take no part.

    Raises
    ------
    DataError
        There are no labels, or a class has fewer galaxies than there are parts.
    """
    labels = _labels(collection, label)
    if fewest:
        labels = labels.at_least(fewest)
    flagged = collection.flagged()
    codes = np.where(flagged, -1, labels.codes)
    groups = galaxy_groups(collection, columns=group_columns, arcsec=arcsec, twins=twins, quiet=quiet)
    drawn = make_split(
        codes, parts=parts, folds=folds, groups=groups.numbers, seed=seed, names=labels.classes
    )
    named = drawn if folds is None else np.where(drawn >= 0, drawn.astype(str).astype(object), "")
    rows = np.flatnonzero(named != "")
    facts = {"collection": collection.name, "label": label, "seed": seed, "arcsec": arcsec, "twins": twins}
    facts |= {"groups": list(group_columns), "parts": dict(parts or {}), "folds": folds or 0}
    ids, stamps = collection.ids(rows), _stamps(collection)[rows]
    split = SplitFile(tuple(ids.tolist()), tuple(named[rows].tolist()), hash_of(stamps), facts)
    quarantined = int((flagged & (labels.codes >= 0)).sum())
    notes = [*labels.notes, *groups.notes]
    notes += [f"{quarantined:,} labelled galaxies are in quarantine and take no part"] if quarantined else []
    counts = _counted(labels, named)
    notes += [
        f"no galaxy of '{name}' is in '{part}': groups took them all"
        for name, held in counts.items()
        for part, number in held.items()
        if not number
    ]
    return SplitReport(split, counts, tuple(notes))


def split_rows(collection: Collection, split: SplitFile) -> np.ndarray:
    """The part of every galaxy of a collection, (n,) object array of text, "" where it is in none.

    Raises
    ------
    CollectionError
        The split is of another collection, or of other images under the same ids.
    """
    return split.parts_of(collection.ids(), _stamps(collection), where=collection.name)


def check_split(
    collection: Collection,
    split: SplitFile,
    *,
    label: str | None = None,
    group_columns: Sequence[str] = (),
    arcsec: float = 3.0,
    twins: bool = True,
    quiet: bool = False,
) -> SplitCheck:
    """Hold a split to a collection: does it fit, which classes are where, and what stands on both sides?

    Raises
    ------
    CollectionError
        The split is of another collection.
    """
    parts = split_rows(collection, split)
    named = label or split.facts.get("label")
    labels = _labels(collection, named) if isinstance(named, str) and named in collection.columns else None
    groups = galaxy_groups(collection, columns=group_columns, arcsec=arcsec, twins=twins, quiet=quiet)
    torn = []
    for number in torn_groups(parts, groups.numbers).tolist():
        rows = np.flatnonzero((groups.numbers == number) & (parts != ""))
        torn.append(
            tuple(
                f"{galaxy} in {part}" for galaxy, part in zip(collection.ids(rows), parts[rows], strict=True)
            )
        )
    all_alike = Coded(("galaxies",), np.zeros(len(collection), np.int64))
    outside = int((parts == "").sum())
    return SplitCheck(_counted(labels or all_alike, parts), tuple(torn), outside, groups.notes)


def _labels(collection: Collection, column: str) -> Coded:
    return coded(collection.catalogue([column])[column].to_pylist())


def _stamps(collection: Collection) -> np.ndarray:
    digests = collection.catalogue(["digest"])["digest"].to_pylist()
    return np.array([digest or "" for digest in digests], dtype=object)


def _counted(labels: Coded, parts: np.ndarray) -> dict[str, dict[str, int]]:
    """Class -> part -> galaxies."""
    names = list(dict.fromkeys(sorted(set(parts.tolist()) - {""}, key=_order)))
    return {
        name: {part: int(((labels.codes == code) & (parts == part)).sum()) for part in names}
        for code, name in enumerate(labels.classes)
    }


def _order(part: str) -> tuple[int, str]:
    known = ("train", "val", "test")
    return (known.index(part), "") if part in known else (int(part) if part.isdigit() else 9, part)
