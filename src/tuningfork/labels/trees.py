"""Decision trees as data: those of the user, and the Galaxy Zoo trees that come with tuningfork."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.config import parse_toml, read_toml
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labels.checks import only
from tuningfork.labels.steps import Step
from tuningfork.labels.table import steps_of

__all__ = ["LARGEST", "Naming", "Tree", "read_tree", "sent_table", "shipped_trees", "tree_table"]

LARGEST = 256 * 1024
"""Bytes of a tree's file."""

_MOST_DOTS = 200  # in a line: the time for a key grows as the square of its parts, to 2 s for 8,000 of them
_KNOWN = ("kind", "text", "name", "source", "looking_for", "question", "columns")


@dataclass(frozen=True)
class Naming:
    """How a published table calls the answers of a tree.

    Parameters
    ----------
    name : str
    stems : dict
        Answer (``question.answer``) -> its column, less the suffix that says what kind of votes it holds.
    cumulative : bool
        Whether the columns hold the share of all people who came that far and said so.
    always : tuple of str
        Of cumulative columns: questions whose answers add up to 1 though they have parents.
    """

    name: str
    stems: Mapping[str, str]
    cumulative: bool = False
    always: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """Questions in the order in which they are asked, and what published tables call their answers.

    Parameters
    ----------
    name, text, source : str
        Its short name, its words, and the paper.
    steps : tuple of Step
        A question comes after all those whose answers lead to it; several answers may.
    namings : tuple of Naming
        The first one is the tree's own: ``QUESTION_ANSWER``.
    """

    name: str
    text: str
    source: str
    steps: tuple[Step, ...]
    namings: tuple[Naming, ...] = field(repr=False)

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """All answers as ``question.answer``: the columns of an array of votes."""
        return tuple(f"{step.name}.{option.name}" for step in self.steps for option in step.options)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Question -> where its answers stand among `answers`."""
        ends = np.cumsum([len(step.options) for step in self.steps]).tolist()
        return {
            step.name: slice(end - len(step.options), end) for step, end in zip(self.steps, ends, strict=True)
        }

    @cached_property
    def parents(self) -> dict[str, np.ndarray]:
        """Question -> numbers of the answers that lead to it, int64; empty where it is asked of everyone."""
        place = {answer: number for number, answer in enumerate(self.answers)}
        return {
            step.name: np.array([place[token] for token in step.parents if token in place], np.int64)
            for step in self.steps
        }

    def step(self, name: str) -> Step:
        """A question by its name."""
        found = next((step for step in self.steps if step.name == name), None)
        if found is None:
            raise UnknownNameError("question", name[:80], self.slices, where=self.name)
        return found

    def index(self, token: str) -> int:
        """The number of an answer (``question.answer``)."""
        if token not in self.answers:
            raise UnknownNameError("answer", token[:80], self.answers, where=self.name)
        return self.answers.index(token)

    def naming(self, name: str) -> Naming:
        """What a published table calls the answers."""
        found = next((naming for naming in self.namings if naming.name == name), None)
        if found is None:
            raise UnknownNameError("naming", name[:80], [n.name for n in self.namings], where=self.name)
        return found


def shipped_trees() -> list[str]:
    """The names of the trees that come with tuningfork."""
    return sorted(file.name.removesuffix(".toml") for file in _shipped().iterdir() if _is_toml(file.name))


def read_tree(name_or_path: str | Path) -> Tree:
    """A decision tree that comes with tuningfork, or one from a file.

    Raises
    ------
    UsageError
        For whatever is wrong with the file, in one line: a ring of questions, a parent that is not there, a
        question that is asked after nothing, names that stand there twice.

    Examples
    --------
    >>> read_tree("gz2").answers[0]
    't01_smooth_or_features.a01_smooth'
    """
    table, where = tree_table(name_or_path)
    only(table, _KNOWN, where)
    if table.get("kind") != "tree":
        raise UsageError(f'its kind is {table.get("kind")!r}, not "tree"', where=where)
    for row in table.get("question", []):
        if isinstance(row, dict) and row.get("parents") == []:
            remedy = "Leave 'parents' out where a question is asked of every galaxy"
            raise UsageError(f"'{row.get('name')}' is asked after nothing", where=where, remedy=remedy)
    steps = steps_of(table.get("question"), where=where)
    text, source = (table.get(key, "") for key in ("text", "source"))
    if not isinstance(text, str) or not isinstance(source, str):
        raise UsageError("'text' and 'source' must be text", where=where)
    name = Path(str(name_or_path)).name.removesuffix(".toml")
    return Tree(name, text, source, steps, _namings(table.get("columns", {}), steps, where))


def tree_table(name_or_path: str | Path) -> tuple[dict[str, Any], str]:
    """What the file of a tree (or of another question) says, and the file as messages call it."""
    path = Path(name_or_path)
    if not path.is_file():
        if str(name_or_path) not in shipped_trees():
            raise UnknownNameError("question file", str(name_or_path)[:200], shipped_trees())
        return read_toml(_shipped() / f"{name_or_path}.toml"), str(name_or_path)
    if path.stat().st_size > LARGEST:
        raise UsageError(f"a question file has at most {LARGEST // 1024} KiB", where=str(path))
    return read_toml(path), str(path)


def sent_table(data: bytes, name: str) -> dict[str, Any]:
    """The same of a file that somebody sent; ``name`` is what messages call it, and no path."""
    if len(data) > LARGEST:
        raise UsageError(f"a question file has at most {LARGEST // 1024} KiB", where=name)
    if any(line.count(b".") > _MOST_DOTS for line in data.splitlines()):
        raise UsageError(f"a line of a question file has at most {_MOST_DOTS} dots", where=name)
    return parse_toml(data, where=name)


def _namings(table: Any, steps: tuple[Step, ...], where: str) -> tuple[Naming, ...]:
    answers = [f"{step.name}.{option.name}" for step in steps for option in step.options]
    own = Naming("published", {answer: answer.replace(".", "_", 1) for answer in answers})
    if not isinstance(table, dict) or not all(isinstance(value, dict) for value in table.values()):
        raise UsageError("'columns' must hold a table for each naming", where=where)
    return (own, *(_naming(name, said, steps, answers, where) for name, said in table.items()))


def _naming(
    name: str, said: dict[str, Any], steps: tuple[Step, ...], answers: list[str], where: str
) -> Naming:
    here = f"{where}, columns '{name}'"
    only(said, ("infix", "names", "cumulative", "always"), here)
    if "infix" in said:  # as in smooth-or-featured-dr5_smooth
        stems = {a: f"{a.partition('.')[0]}{said['infix']}_{a.partition('.')[2]}" for a in answers}
    else:
        stems = said.get("names")
    if not isinstance(stems, dict) or not all(isinstance(stem, str) for stem in stems.values()):
        raise UsageError("'names' must say the column of each answer", where=here)
    always = said.get("always", [])
    for token in stems:
        if token not in answers:
            raise UnknownNameError("answer", token[:80], answers, where=here)
    for question in always if isinstance(always, list) else [always]:
        if question not in [step.name for step in steps]:
            raise UnknownNameError("question", str(question)[:80], [s.name for s in steps], where=here)
    return Naming(name, stems, bool(said.get("cumulative", False)), tuple(always))


def _shipped() -> Any:
    return resources.files("tuningfork.labels") / "shipped" / "trees"


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")
