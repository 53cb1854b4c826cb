"""The questions of a decision tree and their answers, in the order in which they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["NOTHING", "Option", "Step", "in_order"]

NOTHING = "none"
"""Said of a galaxy to which no answer applies of a step that takes several."""


@dataclass(frozen=True)
class Option:
    """One answer of a step: its name in tables, its words, and its key where it is asked on a page."""

    name: str
    text: str
    key: str = ""


@dataclass(frozen=True)
class Step:
    """One question.

    Parameters
    ----------
    name, text : str
        In tables, and as it is asked.
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


def _waits_for(step: Step) -> list[str]:
    return [parent.partition(".")[0] for parent in step.parents]


def _ring(waiting: Sequence[Step]) -> str:
    """One ring among steps that all wait, as "a -> b -> a"."""
    waits = {step.name: _waits_for(step) for step in waiting}
    path = [waiting[0].name]
    while len(set(path)) == len(path):
        path.append(next(name for name in waits[path[-1]] if name in waits))
    return " -> ".join(path[path.index(path[-1]) :])
