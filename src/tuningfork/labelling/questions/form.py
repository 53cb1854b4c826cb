"""A form: the steps of a question that one galaxy is taken through, and the path of answers that results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labels.steps import NOTHING, Step

__all__ = ["KINDS", "Form"]

KINDS = ("multi-class", "multi-label", "tree")


@dataclass(frozen=True)
class Form:
    """Steps in the order in which they are asked.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    steps : tuple of Step
        In an order that `tuningfork.labels.steps.in_order` has made; one step but for a tree.
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


def _fault(step: Step, mine: Sequence[str], *, asked: bool) -> str:
    if not asked:
        return "would not have been asked" if mine else ""
    if not mine:
        return "has no answer"
    alone = not step.several or f"{step.name}.{NOTHING}" in mine
    return "was answered twice" if len(set(mine)) < len(mine) or (alone and len(mine) > 1) else ""
