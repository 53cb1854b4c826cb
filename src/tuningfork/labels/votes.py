"""What people said, question by question, from the columns of a table: counts, shares, debiased shares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.errors import CatalogueError, UnknownNameError
from tuningfork.labels.trees import Naming, Tree

__all__ = ["KINDS", "VoteColumns", "Votes", "as_numbers", "find_votes", "read_votes"]

KINDS = ("weighted_fraction", "debiased", "fraction", "count", "cumulative")
"""In the order in which they are taken when it is not said which.

``count``: people. ``fraction``: share of those who were asked. ``weighted_fraction``: the same with people
who agree with nobody counted less. ``debiased``: what would have been said of the galaxy were it near; the
answers of one question need not add up to 1. ``cumulative``: share of all people, as in the Galaxy Zoo
challenge.
"""


@dataclass(frozen=True)
class VoteColumns:
    """Where a table holds votes.

    Parameters
    ----------
    tree : Tree
    naming : Naming
        What the table calls the answers.
    kind : str
        One of `KINDS`.
    columns : dict
        Answer -> column, of the answers that the table has.
    """

    tree: Tree
    naming: Naming
    kind: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Votes:
    """Votes for n galaxies.

    Parameters
    ----------
    tree : Tree
    kind : str
        One of `KINDS`.
    values : ndarray
        (n, answers) float64, in the order of ``tree.answers``; NaN where nothing is known.
    naming : Naming
        Whose columns these were; says of cumulative ones which questions add up to 1.
    """

    tree: Tree
    kind: str
    values: np.ndarray
    naming: Naming

    def __len__(self) -> int:
        return len(self.values)

    def of(self, question: str) -> np.ndarray:
        """The votes of one question, (n, its answers)."""
        self.tree.step(question)
        return self.values[:, self.tree.slices[question]]

    def answer(self, token: str) -> np.ndarray:
        """The votes for one answer (``question.answer``), (n,)."""
        return self.values[:, self.tree.index(token)]

    def people(self, question: str) -> np.ndarray:
        """How many people answered a question, (n,); NaN unless these are counts."""
        if self.kind != "count":
            return np.full(len(self), np.nan)
        return np.nansum(self.of(question), axis=1)

    def fractions(self) -> "Votes":
        """Shares of those who were asked; NaN for the questions that nobody was asked of a galaxy."""
        if self.kind == "cumulative":
            from tuningfork.labels.cumulative import from_cumulative

            values = from_cumulative(self.tree, self.values, always=self.naming.always)
            return replace(self, kind="fraction", values=values)
        values = self.values.copy()
        for part in self.tree.slices.values():
            said = values[:, part]
            total = np.nansum(said, axis=1, keepdims=True)
            if self.kind == "count":
                with np.errstate(invalid="ignore", divide="ignore"):
                    said = said / total
            values[:, part] = np.where(total > 0, said, np.nan)
        return replace(self, kind="fraction" if self.kind == "count" else self.kind, values=values)


def find_votes(tree: Tree, names: Iterable[str], kind: str | None = None) -> list[VoteColumns]:
    """All the kinds of votes that a table has for a tree, the most complete first.

    Parameters
    ----------
    tree : Tree
    names : iterable of str
        The table's columns.
    kind : str, optional
        Only this one of `KINDS`.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind of votes", kind, KINDS)
    there = set(names)
    found = []
    for naming in tree.namings:
        for each in KINDS:
            if kind in (None, each) and naming.cumulative == (each == "cumulative"):
                found += _columns(tree, naming, each, there)
    return sorted(found, key=lambda one: (-len(one.columns), KINDS.index(one.kind)))


def read_votes(
    tree: Tree, columns: Mapping[str, Sequence[float] | np.ndarray], kind: str | None = None
) -> Votes:
    """The votes of a table.

    Parameters
    ----------
    tree : Tree
    columns : mapping
        Column -> its n values.
    kind : str, optional
        One of `KINDS`; by default the first of these that is most complete.

    Returns
    -------
    Votes
        Questions of which the table has no column are NaN.

    Raises
    ------
    CatalogueError
        There are no such columns, or a question has only some of its answers.
    """
    found = find_votes(tree, columns, kind)
    if not found:
        first = tree.namings[0].stems[tree.answers[0]]
        raise CatalogueError(
            f"there are no {kind + ' ' if kind else ''}votes for the tree '{tree.name}'",
            remedy=f"A column is called as {first}_{'fraction' if kind in (None, 'cumulative') else kind}",
        )
    chosen = found[0]
    rows = len(next(iter(columns.values())))
    values = np.full((rows, len(tree.answers)), np.nan)
    for number, answer in enumerate(tree.answers):
        if answer in chosen.columns:
            values[:, number] = as_numbers(columns, chosen.columns[answer])
    _check_whole(chosen)
    return Votes(tree, chosen.kind, values, chosen.naming)


def as_numbers(columns: Mapping[str, Any], name: str) -> np.ndarray:
    """A column as float64, NaN for null; `CatalogueError` when it holds text that is no number."""
    try:
        return np.asarray(columns[name], float)
    except (TypeError, ValueError):
        raise CatalogueError(f"the column '{name}' does not hold numbers") from None


_NAMES = {"cumulative": ("{stem}",), "count": ("{stem}_count", "{stem}")}
"""Kind -> how its columns may be called; a collection keeps a dot of a name as an underscore."""


def _columns(tree: Tree, naming: Naming, kind: str, there: set[str]) -> list[VoteColumns]:
    columns = {}
    for answer, stem in naming.stems.items():
        names = _NAMES.get(kind, ("{stem}_{kind}",))
        told = [name.format(stem=stem, kind=kind) for name in names]
        name = next((name for name in (*told, *(n.replace(".", "_") for n in told)) if name in there), None)
        if name is not None:
            columns[answer] = name
    first = f"{tree.steps[0].name}."
    begun = any(answer.startswith(first) for answer in columns)
    return [VoteColumns(tree, naming, kind, columns)] if begun else []


def _check_whole(chosen: VoteColumns) -> None:
    """Every question has all of its answers, or none."""
    for step in chosen.tree.steps:
        mine = [f"{step.name}.{option.name}" for option in step.options]
        missing = [answer for answer in mine if answer not in chosen.columns]
        if missing and len(missing) < len(mine):
            stem = chosen.naming.stems.get(missing[0], missing[0])
            raise CatalogueError(
                f"the {chosen.kind} votes of '{step.name}' lack {len(missing)} of its answers, first {stem}",
                remedy="Bring its columns along, or take another kind of votes",
            )
