"""Clean samples: a galaxy is of a class when the shares of some answers exceed what a rule says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.labels.coded import Coded
from tuningfork.labels.trees import Tree
from tuningfork.labels.votes import Votes

__all__ = ["Condition", "VoteClass", "VoteRule", "vote_rule"]

_CONDITION = re.compile(r"\s*([a-z0-9_-]+\.[a-z0-9_-]+)\s*(>=|>|<=|<)\s*([0-9.]+)\s*")
_COMPARE = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}


@dataclass(frozen=True)
class Condition:
    """That the share of an answer lies on one side of a number."""

    answer: str
    sign: str
    share: float

    def holds(self, votes: Votes) -> np.ndarray:
        """(n,) bool; not where the share is not known."""
        with np.errstate(invalid="ignore"):
            return _COMPARE[self.sign](votes.answer(self.answer), self.share)


@dataclass(frozen=True)
class VoteClass:
    """A class and all that must hold for it."""

    name: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class VoteRule:
    """Classes by thresholds on votes.

    Parameters
    ----------
    tree : Tree
    classes : tuple of VoteClass
    least_people : int
        So many people must have answered each question of a class's conditions; told by counts alone.
    """

    tree: Tree
    classes: tuple[VoteClass, ...]
    least_people: int = 0

    def code(self, votes: Votes, people: Votes | None = None) -> Coded:
        """The class of each galaxy.

        Parameters
        ----------
        votes : Votes
            Shares, of whichever kind; of those who were asked, or of all when they are cumulative.
        people : Votes, optional
            Counts of the same galaxies.

        Returns
        -------
        Coded
            No class where no rule holds, or those of two classes.
        """
        counted = people if people is not None and people.kind == "count" else None
        hold = np.column_stack([self._holds(one, votes, counted) for one in self.classes])
        number = hold.sum(axis=1)
        codes = np.where(number == 1, hold.argmax(axis=1), -1)
        notes = [f"{int((number == 0).sum()):,} galaxies meet no class's conditions"]
        if (several := int((number > 1).sum())) > 0:
            notes.append(f"{several:,} galaxies meet those of two classes and have none")
        if self.least_people and counted is None:
            notes.append(f"there are no counts: that {self.least_people} people answered was not looked at")
        return Coded(tuple(one.name for one in self.classes), codes, tuple(notes))

    def _holds(self, one: VoteClass, votes: Votes, people: Votes | None) -> np.ndarray:
        holds = np.all([condition.holds(votes) for condition in one.conditions], axis=0)
        if people is not None and self.least_people:
            for question in {condition.answer.partition(".")[0] for condition in one.conditions}:
                holds &= people.people(question) >= self.least_people
        return holds


def vote_rule(tree: Tree, rows: Sequence[dict[str, Any]], least_people: Any, *, where: str) -> VoteRule:
    """A rule from the tables of its file, each with ``name`` and ``where``, a list of conditions."""
    if not isinstance(least_people, int) or least_people < 0:
        raise UsageError("'least_people' must be a number of people", where=where)
    return VoteRule(tree, tuple(_class(tree, row, where) for row in rows), least_people)


def _class(tree: Tree, row: dict[str, Any], where: str) -> VoteClass:
    here = f"{where}, '{row['name']}'"
    lines = row.get("where")
    if not isinstance(lines, list) or not lines:
        raise UsageError("'where' must be a list of conditions", where=here)
    return VoteClass(row["name"], tuple(_condition(tree, line, here) for line in lines))


def _condition(tree: Tree, line: Any, where: str) -> Condition:
    told = _CONDITION.fullmatch(line) if isinstance(line, str) and len(line) < 200 else None
    if told is None:
        remedy = "Write it as: question.answer > 0.5"
        raise UsageError(f"{line!r} is no condition"[:200], where=where, remedy=remedy)
    try:
        share = float(told[3])
    except ValueError:
        share = np.nan
    if not 0 <= share <= 1:
        raise UsageError(f"a share lies in 0 to 1, not {told[3]}"[:200], where=where)
    tree.index(told[1])
    return Condition(told[1], told[2], share)
