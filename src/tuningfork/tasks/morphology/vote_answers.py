"""What the votes of a collection give to learn: a target, and what it compares with for every galaxy."""

from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError, UsageError
from tuningfork.labels.trees import Tree
from tuningfork.labels.votes import find_votes, read_votes
from tuningfork.tasks.morphology.binary_labels import BinaryTarget, binary_labels
from tuningfork.tasks.morphology.parts import class_column
from tuningfork.tasks.morphology.vote_targets import FractionTarget, TreeTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["label_target", "vote_target"]


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
        There are no such votes, or they cannot be votes.
    """
    from tuningfork.objectives.dirichlet import asked_share

    found = find_votes(tree, collection.columns, kind)
    names = list(found[0].columns.values()) if found else []
    table = {name: class_column(collection, name).astype(float) for name in names}
    votes = read_votes(tree, table, found[0].kind if found else kind)
    whole = votes.values[np.isfinite(votes.values)]
    if not len(whole) or whole.min() < 0 or (votes.kind != "count" and whole.max() > 1 + 1e-6):
        worst = f", from {whole.min():g} to {whole.max():g}" if len(whole) else ""
        raise DataError(f"the {votes.kind} votes are not in their range{worst}", where=collection.name)
    ends = tuple((s.start, s.stop) for s in tree.slices.values())
    if votes.kind == "count":
        return TreeTarget(tree.answers, ends), votes.values, (f"counts of votes for '{tree.name}'",)
    if people is None:
        return (
            FractionTarget(tree.answers),
            votes.values,
            (f"{votes.kind} votes for '{tree.name}', by regression",),
        )
    shares = votes.fractions().values
    looked = class_column(collection, people).astype(float)
    asked = asked_share(shares, tree.slices, tree.parents) * looked[:, None]
    counts = shares * np.repeat(asked, [end - begin for begin, end in ends], axis=1)
    return TreeTarget(tree.answers, ends), counts, (f"{votes.kind} votes times people, for '{tree.name}'",)
