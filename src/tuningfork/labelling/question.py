"""A question with its answers, and the extra answers every question has."""

from dataclasses import dataclass, field
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.questions.form import Form
from tuningfork.labelling.questions.table import form_of

__all__ = ["EXTRA_ANSWERS", "Question"]

EXTRA_ANSWERS = ("maybe", "junk", "skip")
"""A person may always say that they are unsure, that the picture is bad, or nothing; none of the three
trains a head.
"""


@dataclass(frozen=True)
class Question:
    """What is asked of every galaxy.

    Parameters
    ----------
    text : str
        As the page shows it: "Is it a merger?".
    answers : tuple of str
        At least two; the first is the class one looks for.
    steps : dict, optional
        Of a question with several classes, labels or steps: what its file says, see
        `tuningfork.labelling.questions.table.form_of`.

    Raises
    ------
    UsageError
        When the text is empty, answers are fewer than two, repeated, blank, or bear the name of an extra
        answer, or the steps are none.
    """

    text: str = "Is it one of those?"
    answers: tuple[str, ...] = ("yes", "no")
    steps: dict[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self):
        object.__setattr__(self, "answers", tuple(str(a).strip() for a in self.answers))
        if not self.text.strip() or len(self.text) > 500:
            raise UsageError("a question needs a text of at most 500 characters")
        if len(self.answers) < 2 or len(set(self.answers)) < len(self.answers):
            raise UsageError("a question needs at least two different answers", where=", ".join(self.answers))
        if wrong := [a for a in self.answers if not a or len(a) > 60 or a in EXTRA_ANSWERS]:
            raise UsageError(
                f"'{wrong[0]}' cannot be an answer of a question",
                remedy=f"{', '.join(EXTRA_ANSWERS)} are always there",
            )
        _ = self.form  # steps that are wrong are refused here

    @property
    def form(self) -> Form | None:
        """The steps a galaxy is taken through; None for a plain question."""
        return form_of(self.steps, where=f"question '{self.text[:60]}'") if self.steps else None

    @property
    def positive(self) -> str:
        """The answer one looks for."""
        return self.answers[0]

    @property
    def all_answers(self) -> tuple[str, ...]:
        """The question's own answers and the extra ones."""
        return self.answers + EXTRA_ANSWERS

    def check(self, answer: str) -> str:
        """The answer itself when it is one; raises `UnknownNameError` with the nearest ones."""
        if answer not in self.all_answers:
            raise UnknownNameError("answer", str(answer), self.all_answers)
        return answer

    def target(self, answer: str) -> int | None:
        """1 for the positive answer, 0 for the question's other answers, None for what trains nothing."""
        return None if answer not in self.answers else int(answer == self.positive)

    def read(self, answer: str) -> tuple[str, str]:
        """What the log keeps of an answer: the answer itself, and the path that led to it.

        Parameters
        ----------
        answer : str
            One of `all_answers`, or the whole path of a form:
            ``smooth-or-featured.smooth how-rounded.round``.

        Returns
        -------
        tuple of str
            One of `all_answers`, and the path in the order of its steps; the path is empty for an answer that
            was given without one.

        Raises
        ------
        UnknownNameError
            For what is neither.
        UsageError
            For a path that the form would not have led along.
        """
        if self.form is None or answer in self.all_answers:
            return self.check(answer), ""
        path = self.form.read(answer)
        if self.form.kind == "multi-class":
            return path[0].partition(".")[2], ""
        return self.answers[0 if self.form.finds(path) else 1], " ".join(path)
