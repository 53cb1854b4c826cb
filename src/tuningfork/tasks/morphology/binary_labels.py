"""Yes-or-no labels of several questions at once, as a network learns them (Doherty 2024, 6.3 and 6.4)."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.labels.binary import BinaryQuestion, QuestionSet

if TYPE_CHECKING:
    from torch import Tensor

    from tuningfork.collection import Collection

__all__ = ["BinaryLabels", "BinaryTarget", "binary_labels", "label_weights", "question_answers"]

_SCORES = ("binary_accuracy", "mae", "loss")


@dataclass(frozen=True)
class BinaryTarget:
    """Labels that are 1 or 0, each for itself, by binary cross-entropy (equation 2.4).

    Parameters
    ----------
    outputs : tuple of str
        One name for each label.
    weights : tuple of float, optional
        Of each label in the loss; see `label_weights`.
    by : str
        "binary_accuracy", "mae" or "loss".
    """

    outputs: tuple[str, ...]
    weights: tuple[float, ...] | None = None
    by: str = "loss"

    def __post_init__(self) -> None:
        if self.by not in _SCORES:
            raise UnknownNameError("score of yes-or-no labels", self.by, _SCORES)

    @property
    def rising(self) -> bool:
        """Of the binary accuracy more is better."""
        return self.by == "binary_accuracy"

    def loss(self, outputs: "Tensor", wanted: "Tensor") -> "Tensor":
        """A mean over the labels that are known (not NaN)."""
        import torch.nn.functional as F

        known = wanted.isfinite()
        own = F.binary_cross_entropy_with_logits(outputs, wanted.nan_to_num(0.0), reduction="none")
        weights = 1.0 if self.weights is None else outputs.new_tensor(self.weights)
        return (own * known * weights).sum() / known.sum().clamp(min=1)

    def foretold(self, outputs: np.ndarray) -> np.ndarray:
        """(n, K) how likely each label is a yes."""
        from scipy.special import expit

        return expit(outputs)

    def scores(self, outputs: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
        """Over known labels of galaxies that can be read: binary accuracy, absolute error, plain loss."""
        known = np.isfinite(wanted) & np.isfinite(outputs)
        if not known.any():
            return dict.fromkeys(_SCORES, float("nan"))
        z, y = outputs[known].astype(np.float64), wanted[known]
        loss = np.logaddexp(0, z) - z * y
        off = np.abs(self.foretold(z) - y)
        return {
            "binary_accuracy": float(((z > 0) == (y > 0.5)).mean()),
            "mae": float(off.mean()),
            "loss": float(loss.mean()),
        }


@dataclass(frozen=True)
class BinaryLabels:
    """The labels of a scheme for all galaxies of a collection.

    Parameters
    ----------
    names : tuple of str
        ``QUESTION.ANSWER`` of each label.
    wanted : ndarray
        (N, K) float32, 1 or 0; NaN where nobody was asked.
    notes : tuple of str
        Why galaxies lack labels.
    """

    names: tuple[str, ...]
    wanted: np.ndarray
    notes: tuple[str, ...] = ()

    def at(self, rows: np.ndarray) -> np.ndarray:
        """(n, K) of some rows."""
        return self.wanted[rows]


def question_answers(question: BinaryQuestion, *, alone: bool) -> tuple[str, ...]:
    """The labels of a question: all of its answers when it is learnt alone, else those in use.

    So does the paper: the counts of its tables 6 and 22 add up to as many outputs for each galaxy.
    """
    return tuple(name for name, _ in question.answers) if alone else question.used


def binary_labels(
    collection: "Collection", scheme: str, *, votes: str | None = None, unasked: str = "missing"
) -> BinaryLabels:
    """The yes-or-no labels of a question or of a set of questions.

    Parameters
    ----------
    collection : Collection
    scheme : str
        As ``doherty2024:q0`` or ``doherty2024:reduced``; a tree's name with a question, as
        ``gz2:t03_bar``, or a file in place of the name.
    votes : str, optional
        One of `tuningfork.labels.votes.KINDS`.
    unasked : str
        One of `tuningfork.labels.binary.UNASKED`.

    Raises
    ------
    UsageError, UnknownNameError
        The scheme has no questions, or not this one.
    CatalogueError
        The collection lacks the votes.
    """
    from tuningfork.labels.schemes import read_scheme
    from tuningfork.tasks.labels.columns import class_columns

    name, _, part = (scheme, "", "") if Path(scheme).is_file() else scheme.rpartition(":")
    read = read_scheme(name or part)
    if not isinstance(read.rule, QuestionSet) or not name or not part:
        known = f"; known: {', '.join(read.parts[:16])}" if read.parts else ""
        raise UsageError(f"'{scheme}' names no questions", remedy=f"Write NAME:QUESTION or NAME:SET{known}")
    rule = read.rule
    if part not in (*rule.questions, *rule.schemes):
        raise UnknownNameError("question or scheme", part[:80], [*rule.questions, *rule.schemes])
    alone = part in rule.questions
    names, columns, notes = [], [], []
    for own in (part,) if alone else rule.schemes[part]:
        made = class_columns(collection, f"{name}:{own}", votes=votes, unasked=unasked)
        coded = next(iter(made.columns.values()))
        notes += made.notes
        for answer in question_answers(rule.questions[own], alone=alone):
            chosen = (coded.codes == coded.classes.index(answer)).astype(np.float32)
            names.append(f"{own}.{answer}")
            columns.append(np.where(coded.codes >= 0, chosen, np.float32("nan")))
    return BinaryLabels(tuple(names), np.stack(columns, 1), tuple(dict.fromkeys(notes)))


def label_weights(wanted: np.ndarray) -> tuple[float, ...]:
    """The weight of each label by the effective number of its galaxies (equations 6.2 to 6.6), with mean 1.

    ``beta = (N - 1) / N`` of N galaxies, whatever label they have; a label that none has weighs as one that
    a single galaxy has. The paper's weights add up to N, ours to the number of labels: the same but for the
    scale of the loss.

    Raises
    ------
    DataError
        There are no galaxies.
    """
    if not len(wanted):
        raise DataError("there are no galaxies to weigh labels by")
    beta = (len(wanted) - 1) / len(wanted)
    members = np.maximum(np.nansum(wanted, axis=0), 1.0)
    weights = (1 - beta) / (1 - beta**members)
    return tuple((weights * (len(weights) / weights.sum())).tolist())
