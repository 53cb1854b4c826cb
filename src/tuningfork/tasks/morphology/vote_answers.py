"""What the votes of a collection give to learn: a target, and what it compares with for every galaxy."""

from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labels.faults import sound_votes
from tuningfork.labels.trees import Tree
from tuningfork.labels.votes import Votes, as_numbers, find_votes, read_votes
from tuningfork.tasks.labels.columns import arrays_of
from tuningfork.tasks.morphology.binary_labels import BinaryTarget, binary_labels
from tuningfork.tasks.morphology.vote_targets import FractionTarget, TreeTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["counts_of", "label_target", "vote_target"]


def label_target(
    collection: "Collection", scheme: str, kind: str | None, people: str | None
) -> tuple[BinaryTarget, np.ndarray, tuple[str, ...]]:
    """The target of a scheme's yes-or-no labels, (N, labels) of what it compares with, and remarks."""
    if people is not None:
        raise UsageError("yes-or-no labels are not weighed by people", where="--people")
    labels = binary_labels(collection, scheme, votes=kind)
    return BinaryTarget(labels.names), labels.wanted, (f"yes-or-no labels of '{scheme}'", *labels.notes)


def vote_target(
    collection: "Collection", tree: Tree, kind: str | None = None, people: str | None = None
) -> tuple[FractionTarget | TreeTarget, np.ndarray, tuple[str, ...]]:
    """What a network learns of a tree, (N, answers) of what it compares with, and remarks.

    Parameters
    ----------
    collection : Collection
    tree : Tree
    kind, people : str, optional
        As of `train_votes`.

    Raises
    ------
    CatalogueError, DataError
        There are no such votes, or too many of them cannot be.
    UsageError, UnknownNameError
        Counts of a question that takes several answers; a column of people that is not there.
    """
    found = find_votes(tree, collection.columns, kind)
    table = arrays_of(collection, list(found[0].columns.values()) if found else [])
    read = read_votes(tree, table, found[0].kind if found else kind)
    votes, faults = sound_votes(read, where=collection.name, ids=collection.ids())
    notes = tuple(f"set aside: {line}" for line in faults)
    ends = tuple((s.start, s.stop) for s in tree.slices.values())
    if votes.kind != "count" and people is None:
        told = f"{votes.kind} votes for '{tree.name}', by regression"
        return FractionTarget(tree.answers), votes.values, (told, *notes)
    if several := [step.name for step in tree.steps if step.several]:
        raise UsageError(
            f"'{several[0]}' takes several answers, and counts are learnt as draws of one",
            where=tree.name,
            remedy="Learn fractions, without --people",
        )
    target = TreeTarget(tree.answers, ends)
    if votes.kind == "count":
        return target, votes.values, (f"counts of votes for '{tree.name}'", *notes)
    assert people is not None
    counts, without = counts_of(votes, _people(collection, people))
    if without:
        notes += (f"{without:,} galaxies have no number of people in '{people}' and take no part",)
    return target, counts, (f"{votes.kind} votes times people, for '{tree.name}'", *notes)


def counts_of(votes: Votes, looked: np.ndarray) -> tuple[np.ndarray, int]:
    """Shares as (N, answers) numbers of people, and how many galaxies have votes but nobody who looked.

    Debiased shares of a question need not add up to 1; they are brought to that, for as many people answer as
    are asked.
    """
    from tuningfork.objectives.dirichlet import asked_share

    tree, shares = votes.tree, votes.fractions().values
    for part in tree.slices.values():
        total = np.nansum(shares[:, part], axis=1, keepdims=True)
        shares[:, part] /= np.where(total > 0, total, 1.0)
    looked = np.where(looked > 0, looked, np.nan)
    asked = asked_share(shares, tree.slices, tree.parents) * looked[:, None]
    without = int((np.isnan(looked) & np.isfinite(shares).any(axis=1)).sum())
    return shares * np.repeat(asked, [s.stop - s.start for s in tree.slices.values()], axis=1), without


def _people(collection: "Collection", column: str) -> np.ndarray:
    """(N,) how many people looked at each galaxy, NaN where it is not told."""
    if column not in collection.columns:
        raise UnknownNameError("column", column, collection.columns, where=f"{collection.name}, --people")
    return as_numbers(arrays_of(collection, [column]), column)
