"""Questions of several classes or labels: what each answer says of every class, and a head for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.labelling.events import Event
from tuningfork.labelling.question import Question
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.strategies import Answered, Strategy

__all__ = ["Kinds", "kinds_of", "probabilities"]


@dataclass(frozen=True)
class Kinds:
    """The classes or labels of a question.

    Parameters
    ----------
    names : tuple of str
        In the order of their numbers; of classes the one that is looked for is the first.
    several : bool
        Labels: several may hold at once, or none.
    wanted : tuple of int
        The numbers of those that make a find.
    """

    names: tuple[str, ...]
    several: bool
    wanted: tuple[int, ...]

    def read(self, row: int, event: Event, *, positive: bool) -> Answered:
        """An answer with what it says of each class.

        An answer that came without a path (an example) says which label holds only when one alone makes a
        find.
        """
        example = event.shown.get("stream") == "example"
        if not self.several:
            return Answered(row, positive, example, self.names.index(str(event.answer)))
        tokens = {token.partition(".")[2] for token in str(event.shown.get("path") or "").split()}
        if tokens:
            labels = tuple(k for k, name in enumerate(self.names) if name in tokens)
        else:
            labels = self.wanted if positive and len(self.wanted) == 1 else None
        return Answered(row, positive, example, labels=labels)


def kinds_of(question: Question) -> Kinds | None:
    """The classes of a multi-class or multi-label question. None for a yes/no question and for a tree, whose
    find is one yes/no question.
    """
    form = question.form
    if form is None or form.kind == "tree":
        return None
    if form.kind == "multi-class":
        return Kinds(question.answers, False, (0,))
    names = tuple(option.name for option in form.steps[0].options)
    finds = {token.partition(".")[2] for token in form.looking_for}
    return Kinds(names, True, tuple(k for k, name in enumerate(names) if name in finds))


def probabilities(
    ranker: Ranker, kinds: Kinds, history: tuple[Answered, ...], outside: np.ndarray, recipe: Strategy
) -> np.ndarray | None:
    """The probability of each class, or of each label for itself.

    Parameters
    ----------
    ranker : Ranker
        With the vectors and the head.
    history : tuple of Answered
        From `Kinds.read`.
    outside : float32 [m, D]
        Prepared vectors of example pictures; they are of the wanted class, where there is one.
    recipe : Strategy
        Says how many weak negatives a label learns from; classes need none.

    Returns
    -------
    float32 [n, K] or None
        None while too little is known: fewer than two classes, or no label. A label that nobody gave yet has
        zeros.
    """
    if not kinds.several:
        return ranker.of_classes(history, outside, kinds.wanted[0], classes=len(kinds.names))
    told = [a for a in history if a.labels is not None]
    out = np.zeros((len(ranker.vectors), len(kinds.names)), np.float32)
    for number in range(len(kinds.names)):
        own = tuple(Answered(a.row, number in (a.labels or ()), a.example) for a in told)
        pictures = outside if kinds.wanted == (number,) else outside[:0]
        ranking: Any = ranker.rank(own, pictures, recipe)
        if ranking.learnt:
            out[:, number] = ranking.scores
    return out if out.any() else None
