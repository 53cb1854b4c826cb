"""A form: the steps of a question that one galaxy is taken through, and the path of answers that results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["KINDS", "NOTHING", "Form", "Option", "Step", "in_order"]

KINDS = ("multi-class", "multi-label", "tree")
NOTHING = "none"
"""Said of a galaxy to which no answer applies of a step that takes several."""


@dataclass(frozen=True)
class Option:
    """One answer of a step: its name in tables, its words and its key on the page."""

    name: str
    text: str
    key: str


@dataclass(frozen=True)
class Step:
    """One question of a form.

    Parameters
    ----------
    name, text : str
        In tables, and on the page.
    options : tuple of Option
        What can be said.
    parents : tuple of str
        The answers (``step.option``) of which one must have been given; asked of every galaxy when empty.
    several : bool
        Whether several answers may hold at once, or none of them.
    """

    name: str
    text: str
    options: tuple[Option, ...]
    parents: tuple[str, ...] = ()
    several: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """All answers as ``step.option``."""
        names = [option.name for option in self.options] + ([NOTHING] if self.several else [])
        return tuple(f"{self.name}.{name}" for name in names)


@dataclass(frozen=True)
class Form:
    """Steps in the order in which they are asked.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    steps : tuple of Step
        In an order that `in_order` has made; one step but for a tree.
    looking_for : tuple of str
        The answers (``step.option``) that make a galaxy a find: one of them is enough.
    """

    kind: str
    steps: tuple[Step, ...]
    looking_for: tuple[str, ...]

    @property
    def tokens(self) -> list[str]:
        """All answers of all steps as ``step.option``."""
        return [token for step in self.steps for token in step.tokens]

    def read(self, text: str) -> tuple[str, ...]:
        """A path of answers from its text, ``step.option step.option``, in the order of the steps.

        Raises
        ------
        UnknownNameError
            For an answer that the form does not have.
        UsageError
            When a step is missing, was answered twice, or would not have been asked.
        """
        tokens = text.split()
        known = self.tokens
        for token in tokens:
            if token not in known:
                raise UnknownNameError("answer", token[:80], known)
        path: list[str] = []
        for step in self.steps:
            mine = [token for token in tokens if token in step.tokens]
            asked = not step.parents or not set(path).isdisjoint(step.parents)
            if fault := _fault(step, mine, asked=asked):
                raise UsageError(f"'{step.name}' {fault}", where=text[:200])
            path += [token for token in step.tokens if token in mine]
        return tuple(path)

    def finds(self, path: Iterable[str]) -> bool:
        """Whether this path is what one looks for."""
        return not set(path).isdisjoint(self.looking_for)


def in_order(steps: Sequence[Step], *, where: str) -> tuple[Step, ...]:
    """The steps so that each comes after the steps it waits for, else as in the file.

    Raises
    ------
    UnknownNameError
        For a parent that is no answer of the file.
    UsageError
        When steps wait for each other in a ring; all of it is named.
    """
    known = [token for step in steps for token in step.tokens]
    for step in steps:
        for parent in step.parents:
            if parent not in known:
                raise UnknownNameError(f"parent of '{step.name}'", parent, known, where=where)
    waiting, placed = list(steps), []
    while waiting:
        names = {step.name for step in waiting}
        free = next((s for s in waiting if names.isdisjoint(_waits_for(s))), None)
        if free is None:
            raise UsageError(f"questions wait for each other: {_ring(waiting)}", where=where)
        waiting.remove(free)
        placed.append(free)
    return tuple(placed)


def _fault(step: Step, mine: Sequence[str], *, asked: bool) -> str:
    if not asked:
        return "would not have been asked" if mine else ""
    if not mine:
        return "has no answer"
    alone = not step.several or f"{step.name}.{NOTHING}" in mine
    return "was answered twice" if len(set(mine)) < len(mine) or (alone and len(mine) > 1) else ""


def _waits_for(step: Step) -> list[str]:
    return [parent.partition(".")[0] for parent in step.parents]


def _ring(waiting: Sequence[Step]) -> str:
    """One ring among steps that all wait, as "a -> b -> a"."""
    waits = {step.name: _waits_for(step) for step in waiting}
    path = [waiting[0].name]
    while len(set(path)) == len(path):
        path.append(next(name for name in waits[path[-1]] if name in waits))
    return " -> ".join(path[path.index(path[-1]) :])
