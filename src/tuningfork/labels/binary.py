"""Binary labels: the largest answer of a question is 1, its others 0 (Doherty 2024, section 6.3)."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labels.checks import double, listed, named, only, text_of
from tuningfork.labels.coded import Coded
from tuningfork.labels.trees import Tree
from tuningfork.labels.votes import Votes

__all__ = ["UNASKED", "BinaryQuestion", "QuestionSet", "question_set", "tree_question"]

UNASKED = ("missing", "first")
"""What becomes of a galaxy that nobody was asked about: no label, or the first answer, which is where the
largest of equal numbers stands, and what the counts of Doherty's tables 5 to 26 add up to.
"""


@dataclass(frozen=True)
class BinaryQuestion:
    """A question and the answers that are told apart.

    Parameters
    ----------
    name, text : str
    answers : tuple of (str, tuple of int)
        Name and the votes whose mean is its share; without votes: what is left of 1.
    unused : tuple of str
        Answers that are no label of their own, for another one says the same.
    """

    name: str
    text: str
    answers: tuple[tuple[str, tuple[int, ...]], ...]
    unused: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The answers that are learnt."""
        return tuple(name for name, _ in self.answers if name not in self.unused)

    def shares(self, votes: Votes) -> np.ndarray:
        """The share of each answer, (n, answers); NaN where nobody was asked.

        Of answers that were dropped the votes are not shared out: these need not add up to 1.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a mean of nothing is NaN, as it should be
            said = [np.nanmean(votes.values[:, of], axis=1) if of else None for _, of in self.answers]
        rest = 1.0 - sum(one for one in said if one is not None)
        return np.column_stack([rest if one is None else one for one in said])

    def code(self, votes: Votes, *, unasked: str = "missing") -> Coded:
        """The answer with the largest share; of equal ones the first.

        Parameters
        ----------
        votes : Votes
            Shares, see `tuningfork.labels.votes.Votes.fractions`.
        unasked : str
            One of `UNASKED`.
        """
        if unasked not in UNASKED:
            raise UnknownNameError("way with unasked questions", unasked, UNASKED)
        if unasked == "first":  # what nobody was asked counts as 0, in a mean of two questions as well
            votes = replace(votes, values=np.nan_to_num(votes.values))
        shares = np.nan_to_num(self.shares(votes))
        asked = shares.max(axis=1) > 0
        codes = np.where(asked, shares.argmax(axis=1), -1 if unasked == "missing" else 0)
        missing = int((~asked).sum())
        became = "have no label" if unasked == "missing" else f"count as '{self.answers[0][0]}'"
        said = (f"nobody answered '{self.name}' of {missing:,} galaxies; these {became}",) if missing else ()
        return Coded(tuple(name for name, _ in self.answers), codes, said)


@dataclass(frozen=True)
class QuestionSet:
    """Questions of a tree, and schemes: sets of them that are learnt together."""

    tree: Tree
    questions: Mapping[str, BinaryQuestion]
    schemes: Mapping[str, tuple[str, ...]]

    def code(self, part: str, votes: Votes, *, unasked: str = "missing") -> dict[str, Coded]:
        """Column -> classes.

        Of a question one column, its answers by name. Of a scheme one column an answer in use,
        ``QUESTION_ANSWER``, yes or no.
        """
        if part in self.questions:
            return {part: self.questions[part].code(votes, unasked=unasked)}
        if part not in self.schemes:
            raise UnknownNameError("question or scheme", part[:80], [*self.questions, *self.schemes])
        columns = {}
        for name in self.schemes[part]:
            question = self.questions[name]
            told = question.code(votes, unasked=unasked)
            for answer in question.used:
                chosen = np.where(told.codes < 0, -1, told.codes == told.classes.index(answer)).astype(
                    np.int64
                )
                columns[f"{name}_{answer}"] = Coded(("no", "yes"), chosen, told.notes)
        return columns


def tree_question(tree: Tree, name: str) -> BinaryQuestion:
    """A question of a tree with all of its answers."""
    step = tree.step(name)
    start = tree.slices[name].start
    answers = tuple((option.name, (start + number,)) for number, option in enumerate(step.options))
    return BinaryQuestion(name, step.text, answers)


def question_set(tree: Tree, table: dict[str, Any], *, where: str) -> QuestionSet:
    """Questions and schemes from the tables of their file, see ``doherty2024.toml``."""
    rows = listed(table, "question", most=60, where=where)
    questions = [_question(tree, row, where) for row in rows]
    names = [question.name for question in questions]
    if twice := double(names):
        raise UsageError(f"two questions are called '{twice}'", where=where)
    schemes = table.get("schemes", {})
    if not isinstance(schemes, dict) or not all(isinstance(held, list) for held in schemes.values()):
        raise UsageError("'schemes' must hold lists of questions", where=where)
    for name in [str(name) for held in schemes.values() for name in held]:
        if name not in names:
            raise UnknownNameError("question", name[:80], names, where=where)
    held = {str(name): tuple(map(str, questions)) for name, questions in schemes.items()}
    return QuestionSet(tree, dict(zip(names, questions, strict=True)), held)


def _question(tree: Tree, row: Any, where: str) -> BinaryQuestion:
    if not isinstance(row, dict):
        raise UsageError("a question must be a table", where=where)
    name = named(row, "question", where)
    here = f"{where}, '{name}'"
    only(row, ("name", "text", "unused", "answers"), here)
    answers = [_answer(tree, answer, here) for answer in listed(row, "answers", most=40, where=here)]
    names = [answer for answer, _ in answers]
    if twice := double(names):
        raise UsageError(f"the answer '{twice}' is there twice", where=here)
    if len(answers) < 2 or sum(not of for _, of in answers) > 1:
        raise UsageError("a question needs two answers, of which one may be the rest", where=here)
    unused: Sequence[Any] = row.get("unused", [])
    for one in unused:
        if one not in names:
            raise UnknownNameError("answer", str(one)[:80], names, where=here)
    return BinaryQuestion(name, text_of(row, here), tuple(answers), tuple(unused))


def _answer(tree: Tree, row: Any, where: str) -> tuple[str, tuple[int, ...]]:
    if not isinstance(row, dict):
        raise UsageError("an answer must be a table", where=where)
    only(row, ("name", "of", "rest"), where)
    name = named(row, "answer", where)
    if row.get("rest") is True:
        return name, ()
    return name, tuple(tree.index(str(token)) for token in listed(row, "of", most=20, where=where))
