"""Look at every galaxy of a collection and say what is wrong with it; nothing is ever deleted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tuningfork.collection import Collection
from tuningfork.collection.quarantine import write_flags
from tuningfork.errors import DataError, EmbeddingError, UnknownNameError
from tuningfork.tasks.doctor.findings import CheckReport, Finding
from tuningfork.tasks.doctor.kinds import KINDS
from tuningfork.tasks.doctor.labels import doubtful_labels
from tuningfork.tasks.doctor.pairs import Pair, equal_files, near_duplicates, same_places
from tuningfork.tasks.doctor.survey import survey

__all__ = ["check_collection"]


def check_collection(
    collection: Collection,
    *,
    against: Sequence[Collection] = (),
    split_column: str | None = None,
    label_column: str | None = None,
    encoder: str | None = None,
    quarantine: bool = False,
    flag_only: Iterable[str] = (),
    quiet: bool = False,
) -> CheckReport:
    """Look for what spoils a sample; the kinds of fault are those of `KINDS`.

    Parameters
    ----------
    collection : Collection
        Whose galaxies are judged.
    against : sequence of Collection
        Galaxies that also stand in one of these are found as well.
    split_column : str, optional
        A column with the parts of a split: galaxies that stand in two parts are found (``leak``).
    label_column : str, optional
        A column of classes: labels in doubt are found (``label``). Needs embeddings.
    encoder : str, optional
        Whose embeddings help to find near-duplicates and judge labels: a name or key, the newest by default.
    quarantine : bool
        Write the flags into the collection, in place of those of an earlier check of the same kinds.
    flag_only : iterable of str
        Write only these kinds; all without it.
    quiet : bool
        No progress lines.

    Returns
    -------
    CheckReport

    Raises
    ------
    UnknownNameError
        For a column or kind that is not there.
    EmbeddingError
        For labels without embeddings.
    """
    chosen = _chosen(flag_only)
    split = None if split_column is None else _texts(collection, split_column)
    labels = None if label_column is None else _texts(collection, label_column)
    collections = [collection, *against]
    notes: list[str] = []
    looked = survey(collection, quiet=quiet)
    found = [Finding(row, "", flaw.kind, flaw.detail, flaw.strength) for row, flaw in looked.flaws]
    pairs = _pairs(collections, looked.prints, encoder, notes, quiet=quiet)
    found += [Finding(p.row, "", p.kind, p.detail, p.strength, p.other) for p in pairs]
    if split is not None:
        found += _leaks(collection, pairs, split)
    if labels is not None:
        found += _doubts(collection, labels, encoder, notes)
    findings = _named(collections, found)
    counts = Counter(kind for _, kind in {(finding.row, finding.kind) for finding in findings})
    if quarantine:
        told = {"leak": split is not None, "label": labels is not None}
        judged = {kind for kind in chosen if told.get(kind, bool(against) or not KINDS[kind].pairs)}
        write_flags(collection, _by_id(findings, chosen), judged)
    return CheckReport(len(collection), {k: counts[k] for k in KINDS if counts[k]}, findings, notes)


def _pairs(
    collections: Sequence[Collection], own: np.ndarray, encoder: str | None, notes: list[str], *, quiet: bool
) -> list[Pair]:
    """Everything that stands twice; equal files are not compared a second time by their pixels."""
    equal = list(equal_files(collections))
    prints = [own, *(survey(other, flaws=False, quiet=quiet).prints for other in collections[1:])]
    for pair in equal:
        own[pair.row] = 0
    near = list(near_duplicates(collections, prints, _vectors(collections, encoder, notes), quiet=quiet))
    return [*equal, *near, *same_places(collections)]


def _vectors(
    collections: Sequence[Collection], encoder: str | None, notes: list[str]
) -> list[np.ndarray] | None:
    """Embeddings of one encoder for all collections, zeros for those without; None when the first has none.

    Which went without is noted. An encoder that was asked for by name has to be there.
    """
    from tuningfork.embeddings import load_embeddings

    try:
        first = load_embeddings(collections[0], encoder)
    except (EmbeddingError, UnknownNameError):
        if encoder is not None:
            raise
        notes.append("near-duplicates were looked for by pixels alone, for want of embeddings")
        return None
    vectors = [first.vectors]
    for other in collections[1:]:
        try:
            vectors.append(load_embeddings(other, first.key).vectors)
        except (EmbeddingError, UnknownNameError):
            notes.append(f"{other.name} has no vectors of '{first.key}': compared by pixels alone")
            vectors.append(np.zeros((len(other), first.vectors.shape[1]), np.float32))
    return vectors


def _leaks(collection: Collection, pairs: Iterable[Pair], split: np.ndarray) -> list[Finding]:
    """Galaxies whose twin stands in another part of the split; the one in the smaller part is named."""
    sizes = Counter(split.tolist())
    found = {}
    for pair in pairs:
        number, other = pair.other
        if number or not split[pair.row] or not split[other] or split[pair.row] == split[other]:
            continue
        row, twin = sorted((pair.row, other), key=lambda r: sizes[split[r]])
        name = str(collection.ids([twin])[0])
        detail = f"in '{split[row]}', and as {name} in '{split[twin]}' ({KINDS[pair.kind].title.lower()})"
        found.setdefault(row, Finding(row, "", "leak", detail, pair.strength, (0, twin)))
    return list(found.values())


def _doubts(
    collection: Collection, labels: np.ndarray, encoder: str | None, notes: list[str]
) -> list[Finding]:
    from tuningfork.embeddings import load_embeddings

    stored = load_embeddings(collection, encoder)
    labels = np.where(stored.present, labels, "")
    try:
        doubts = doubtful_labels(stored.vectors, labels)
    except DataError as error:
        notes.append(str(error))
        return []
    return [
        Finding(
            doubt.row,
            "",
            "label",
            f"given '{doubt.given}', looks '{doubt.suggested}' by {doubt.margin:.2f}",
            1 + doubt.margin,
        )
        for doubt in doubts
    ]


def _named(collections: Sequence[Collection], found: Iterable[Finding]) -> list[Finding]:
    """With their ids, by row and then in the order of `KINDS`."""
    order = list(KINDS)
    ids = [collection.ids() for collection in collections]
    return [
        replace(f, id=str(ids[0][f.row]), **_beside(collections, ids, f.other))
        for f in sorted(found, key=lambda f: (f.row, order.index(f.kind)))
    ]


def _beside(
    collections: Sequence[Collection], ids: Sequence[np.ndarray], other: tuple[int, int] | None
) -> dict[str, str]:
    if other is None:
        return {}
    number, row = other
    return {"other_id": str(ids[number][row]), "other_in": collections[number].name if number else ""}


def _by_id(findings: Iterable[Finding], chosen: set[str]) -> dict[str, list[str]]:
    flags: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.kind in chosen:
            flags[finding.id].append(finding.kind)
    return flags


def _chosen(names: Iterable[str]) -> set[str]:
    names = set(names)
    for name in names:
        if name not in KINDS:
            raise UnknownNameError("kind of fault", name, KINDS)
    return names or set(KINDS)


def _texts(collection: Collection, column: str) -> np.ndarray:
    values: list[Any] = collection.catalogue([column])[column].to_pylist()
    return np.array(["" if value is None else str(value) for value in values], dtype=object)
