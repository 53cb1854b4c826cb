"""Classification schemes as data: a file says how the columns of a catalogue become classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.config import read_toml
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labels.binary import QuestionSet, question_set, tree_question
from tuningfork.labels.checks import double, listed, only
from tuningfork.labels.coded import Coded
from tuningfork.labels.faults import sound_votes
from tuningfork.labels.trees import read_tree, shipped_trees
from tuningfork.labels.types import NumberRule, TextRule, number_rule, text_rule
from tuningfork.labels.vote_rules import VoteRule, vote_rule
from tuningfork.labels.votes import Votes, as_numbers, find_votes, read_votes

__all__ = ["Scheme", "read_scheme", "shipped_schemes"]

_LARGEST = 256 * 1024  # bytes
_KINDS = ("votes", "questions", "gz2_class", "stage")
_KNOWN = {
    "votes": ("tree", "least_people", "class"),
    "questions": ("tree", "schemes", "question"),
    "gz2_class": ("column", "class"),
    "stage": ("column", "bar_column", "bar_at", "class"),
}


@dataclass(frozen=True)
class Scheme:
    """How a catalogue becomes classes.

    Parameters
    ----------
    name, kind, text, source : str
    rule : VoteRule, QuestionSet, TextRule or NumberRule
    columns : tuple of str
        The columns it reads, but for votes: those are found by the tree.
    """

    name: str
    kind: str
    text: str
    source: str
    rule: VoteRule | QuestionSet | TextRule | NumberRule
    columns: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """What may stand behind ``NAME:``, of questions."""
        return (*self.rule.questions, *self.rule.schemes) if isinstance(self.rule, QuestionSet) else ()

    def wanted(self, names: Sequence[str], votes: str | None = None) -> list[str]:
        """Which columns of a table it needs.

        Raises
        ------
        CatalogueError, UnknownNameError
            They are not there.
        """
        if not isinstance(self.rule, VoteRule | QuestionSet):
            for name in self.columns:
                if name not in names:
                    raise UnknownNameError("column", name, names, where=self.name)
            return list(self.columns)
        tree = self.rule.tree
        found = find_votes(tree, names, votes)
        if not found:
            read_votes(tree, {name: [] for name in names}, votes)  # says what is missing
        counts = find_votes(tree, names, "count")
        return list(
            dict.fromkeys([*found[0].columns.values(), *(counts[0].columns.values() if counts else ())])
        )

    def code(
        self,
        columns: Mapping[str, Any],
        *,
        part: str = "",
        votes: str | None = None,
        unasked: str = "missing",
        where: str = "",
        ids: np.ndarray | None = None,
    ) -> dict[str, Coded]:
        """Column -> the class of each galaxy.

        Parameters
        ----------
        columns : mapping
            Those of `wanted`: name -> n values.
        part : str
            Of questions: the one, or the set of them, that is wanted.
        votes : str, optional
            One of `tuningfork.labels.votes.KINDS`; by default the first of these that is most complete.
        unasked : str
            Of questions: see `tuningfork.labels.binary.UNASKED`.
        where : str
            What messages call the table.
        ids : ndarray, optional
            (n,) names of the galaxies, for messages.

        Raises
        ------
        DataError
            The votes do not add up, or lie outside 0..1, for more than 5 % of the galaxies.
        """
        if isinstance(self.rule, TextRule):
            return {self.name: self.rule.code(list(columns[self.columns[0]]))}
        if isinstance(self.rule, NumberRule):
            told = [as_numbers(columns, name) for name in self.columns]
            return {self.name: self.rule.code(*told)}
        read = read_votes(self.rule.tree, columns, votes)
        sound, faults = sound_votes(read, where=where, ids=ids)
        said = (f"read from the {read.kind} votes", *(f"set aside: {line}" for line in faults))
        found = self._coded(sound, columns, part, unasked)
        return {name: Coded(c.classes, c.codes, (*said, *c.notes)) for name, c in found.items()}

    def _coded(self, votes: Votes, columns: Mapping[str, Any], part: str, unasked: str) -> dict[str, Coded]:
        if isinstance(self.rule, VoteRule):
            there = find_votes(self.rule.tree, columns, "count")
            people = read_votes(self.rule.tree, columns, "count") if there else None
            shares = votes if votes.kind == "cumulative" else votes.fractions()
            return {self.name: self.rule.code(shares, people)}
        assert isinstance(self.rule, QuestionSet)
        if not part:
            remedy = f"Write {self.name}:NAME; known: {', '.join(self.parts[:16])}"
            raise UsageError(f"'{self.name}' has several questions", remedy=remedy)
        return self.rule.code(part, votes.fractions(), unasked=unasked)


def shipped_schemes() -> list[str]:
    """The names of the schemes that come with tuningfork."""
    return sorted(f.name.removesuffix(".toml") for f in _shipped().iterdir() if f.name.endswith(".toml"))


def read_scheme(name_or_path: str | Path) -> Scheme:
    """A scheme that comes with tuningfork, one from a file, or the questions of a tree by the tree's name.

    Raises
    ------
    UsageError
        For whatever is wrong with the file, in one line.
    """
    path, where = Path(name_or_path), str(name_or_path)
    if path.is_file():
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"a scheme has at most {_LARGEST // 1024} KiB", where=where)
        table = read_toml(path)
    elif where in shipped_schemes():
        table = read_toml(_shipped() / f"{where}.toml")
    elif where in shipped_trees():
        table = {"kind": "tree"}
    else:
        raise UnknownNameError("scheme", where[:200], [*shipped_schemes(), *shipped_trees()])
    name = path.name.removesuffix(".toml")
    if table.get("kind") == "tree":
        tree = read_tree(name_or_path)
        questions = {step.name: tree_question(tree, step.name) for step in tree.steps}
        return Scheme(name, "questions", tree.text, tree.source, QuestionSet(tree, questions, {}))
    return _scheme(table, name, where)


def _scheme(table: dict[str, Any], name: str, where: str) -> Scheme:
    kind = table.get("kind")
    if kind not in _KINDS:
        raise UnknownNameError("kind of scheme", str(kind)[:80], [*_KINDS, "tree"], where=where)
    only(table, ("kind", "text", "source", *_KNOWN[kind]), where)
    for key in ("text", "source", "tree", "column", "bar_column"):
        if not isinstance(table.get(key, ""), str):
            raise UsageError(f"'{key}' must be text", where=where)
    rule, columns = _rule(kind, table, where)
    return Scheme(name, kind, table.get("text", ""), table.get("source", ""), rule, columns)


def _rule(
    kind: str, table: dict[str, Any], where: str
) -> tuple[VoteRule | QuestionSet | TextRule | NumberRule, tuple[str, ...]]:
    if kind == "questions":
        return question_set(read_tree(table.get("tree", "")), table, where=where), ()
    rows = _classes(table, kind, where)
    if kind == "votes":
        tree = read_tree(table.get("tree", ""))
        return vote_rule(tree, rows, table.get("least_people", 0), where=where), ()
    column = table.get("column", "gz2_class" if kind == "gz2_class" else "T")
    if kind == "gz2_class":
        return text_rule(rows, where=where), (column,)
    rule = number_rule(rows, table.get("bar_at", 0.5), where=where)
    if rule.needs_bar and "bar_column" not in table:
        raise UsageError("classes with a bar need a 'bar_column'", where=where)
    return rule, (column, table["bar_column"]) if rule.needs_bar else (column,)


_OF_A_CLASS = {
    "votes": ("where",),
    "gz2_class": ("stems", "odd"),
    "stage": ("from", "to", "barred"),
}


def _classes(table: dict[str, Any], kind: str, where: str) -> list[dict[str, Any]]:
    rows = listed(table, "class", most=200, where=where)
    for row in rows:
        name = row.get("name") if isinstance(row, dict) else None
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 50 or not name.isprintable():
            raise UsageError("a class needs a name of 1 to 50 printable characters", where=where)
        only(row, ("name", "text", *_OF_A_CLASS[kind]), f"{where}, '{name}'")
    if twice := double([row["name"] for row in rows]):
        raise UsageError(f"two classes are called '{twice}'", where=where)
    return rows


def _shipped() -> Any:
    return resources.files("tuningfork.labels") / "shipped" / "classes"
