"""What a replay knows: the labels that answer, who may be asked about, and where a search starts."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.errors import CatalogueError, UnknownNameError, UsageError
from tuningfork.labelling.each_class import Kinds

__all__ = ["Draw", "Errors", "ReplayTask", "answered", "column_values", "draw", "label_sets", "matching"]

_COMPARED = re.compile(r"\s*(>=|<=|>|<)\s*([-+0-9.eE]+)\s*")
_COMPARISON: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class ReplayTask:
    """A question that a catalogue answers.

    Parameters
    ----------
    truth : bool [n]
        What a person would answer.
    classes : int [n], optional
        In a question of several classes the number of each galaxy's class; -1 for one that has none of them
        and is left out.
    names : tuple of str
        Of the classes.
    groups : int [n], optional
        Galaxies of one group are held out together.
    subtypes : int [n], optional
        The sub-type of each positive; -1 where there is none.
    thin : float, optional
        The share of positives to leave in the pool.
    labels : bool [n, K], optional
        Where several labels may hold, which do, in the order of ``names``; one of them makes a positive.
    known : bool [n], optional
        Galaxies of which somebody said something; the others are left out.
    """

    truth: np.ndarray
    classes: np.ndarray | None = None
    names: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    subtypes: np.ndarray | None = None
    thin: float | None = None
    labels: np.ndarray | None = None
    known: np.ndarray | None = None

    def there(self, present: np.ndarray) -> np.ndarray:
        """Who takes part of those that have a vector: bool [n]."""
        there = present if self.classes is None else present & (self.classes >= 0)
        return there if self.known is None else there & self.known

    @property
    def kinds(self) -> Kinds | None:
        """The labels as a session knows them; None where there is one answer only."""
        return None if self.labels is None else Kinds(self.names, True, ())


@dataclass(frozen=True)
class Errors:
    """How often the simulated person is wrong.

    Parameters
    ----------
    missed : float
        Share of positives that are called negative, from 0 to below 1; of several classes, of all answers; of
        several labels, of each by itself.
    false : float
        Share of negatives that are called positive.
    """

    missed: float = 0.0
    false: float = 0.0

    def __post_init__(self):
        if not (0 <= self.missed < 1 and 0 <= self.false < 1):
            raise UsageError("a rate of errors is at least 0 and below 1")

    def said(self, task: "ReplayTask", *, seed: int) -> "ReplayTask":
        """What this person says of every galaxy: the same of the same galaxy, whoever asks and when."""
        rng = np.random.default_rng([seed, 11])
        if task.labels is not None:
            rates = np.where(task.labels, self.missed, self.false)
            said = task.labels ^ (rng.random(task.labels.shape) < rates)
            return replace(task, truth=said.any(1), labels=said)
        wrong = rng.random(len(task.truth)) < np.where(task.truth, self.missed, self.false)
        if task.classes is None:
            return replace(task, truth=task.truth ^ wrong)
        other = rng.integers(1, len(task.names), len(task.truth)) if len(task.names) > 1 else 0
        moved = (task.classes + other) % len(task.names)
        return replace(task, classes=np.where(wrong & (task.classes >= 0), moved, task.classes))


@dataclass(frozen=True)
class Draw:
    """Of one seed: who may be asked about and who is judged on, bool [n] each, and the examples' rows."""

    pool: np.ndarray
    judged: np.ndarray
    prompts: np.ndarray


def draw(task: ReplayTask, present: np.ndarray, *, seed: int, prompts: int, held_out: float) -> Draw:
    """Draw the held-out galaxies, thin the positives of the rest, and draw the examples.

    Positives that thinning takes out of the pool are neither asked about nor judged on; the examples are
    taken from them when there are enough, as if they came from another survey. In a question of several
    classes or labels ``prompts`` are drawn of each.

    Raises
    ------
    CatalogueError
        When too few positives are left.
    """
    rng = np.random.default_rng([seed, 4])
    known = task.there(present)
    held = _held_out(task, held_out, rng)
    pool, judged = known & ~held, known & held
    if task.classes is not None:
        rows = [_examples(pool & (task.classes == k), prompts, rng) for k in range(len(task.names))]
        return Draw(pool, judged, np.concatenate(rows))
    if task.labels is not None:
        rows = [_examples(pool & label, prompts, rng) for label in task.labels.T]
        return Draw(pool, judged, np.unique(np.concatenate(rows)))
    if task.thin is None:
        return Draw(pool, judged, _examples(pool & task.truth, prompts, rng))
    positives = rng.permutation(np.flatnonzero(pool & task.truth))
    keep = max(1, round(task.thin / (1 - task.thin) * int((pool & ~task.truth).sum())))
    if keep > len(positives):
        raise CatalogueError(
            f"{len(positives)} positives cannot be thinned to a share of {task.thin:g}: that would be {keep}",
            remedy="Ask for a smaller share",
        )
    spare = positives[keep:]
    pool = pool.copy()
    pool[spare] = False
    if len(spare) < prompts:
        return Draw(pool, judged, _examples(pool & task.truth, prompts, rng))
    return Draw(pool, judged, spare[:prompts])


def _held_out(task: ReplayTask, share: float, rng: np.random.Generator) -> np.ndarray:
    if task.groups is None:
        return rng.random(len(task.truth)) < share
    _, group = np.unique(task.groups, return_inverse=True)
    sizes = np.bincount(group)
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    return np.isin(group, order[before < share * len(group)]) if share else np.zeros(len(group), bool)


def _examples(among: np.ndarray, prompts: int, rng: np.random.Generator) -> np.ndarray:
    rows = np.flatnonzero(among)
    if len(rows) <= prompts:
        raise CatalogueError(
            f"only {len(rows)} positives in the pool for {prompts} prompts",
            remedy="Hold out fewer, or give fewer prompts",
        )
    return rng.choice(rows, prompts, replace=False)


def column_values(collection: Any, column: str) -> list:
    """The values of a catalogue column; raises `UnknownNameError` when there is none of that name."""
    known = (
        collection.catalogue().schema.names
        if not hasattr(collection, "columns")
        else list(collection.columns)
    )
    if column not in known:
        raise UnknownNameError("column", column, known, where=str(collection.path))
    return collection.catalogue(columns=["id", column])[column].to_pylist()


def answered(values: list) -> np.ndarray:
    """Of which galaxies a catalogue says anything: bool [n], False for nothing, nan and blanks."""
    return np.array(
        [
            value is not None and value == value and not (isinstance(value, str) and not value.strip())  # noqa: PLR0124 - nan
            for value in values
        ],
        bool,
    )


def matching(values: list, wanted: str | Iterable[str], *, column: str, where: str) -> np.ndarray:
    """Which values [n] are one of those wanted, or meet a comparison such as ``>= 2``: bool [n].

    ``1`` is 1.0 too: whole numbers become fractions where a column has gaps.

    Raises
    ------
    UnknownNameError
        For a value that never occurs.
    UsageError
        For a comparison with what is no number.
    """
    found = np.zeros(len(values), bool)
    as_text = [str(value) for value in values]
    for want in [wanted] if isinstance(wanted, str) else [str(one) for one in wanted]:
        compared = _COMPARED.fullmatch(want)
        if compared and want not in as_text:
            found |= _compared(values, compared[1], compared[2], column)
        elif (same := np.array([text == want for text in as_text]) | _as_number(values, want)).any():
            found |= same
        else:
            said = {text for text, there in zip(as_text, answered(values), strict=True) if there}
            raise UnknownNameError(f"value of '{column}'", want, said, where=where)
    return found


def _as_number(values: list, wanted: str) -> np.ndarray:
    """Which values are that number, bool [n]; none where it is no number."""
    try:
        number = float(wanted)
    except ValueError:
        return np.zeros(len(values), bool)
    return np.array(
        [isinstance(v, int | float) and not isinstance(v, bool) and v == number for v in values], bool
    )


def label_sets(
    values: list, wanted: Sequence[str], *, column: str, where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the wanted labels each value holds: bool [n, K], and of which anything is known: bool [n].

    A value is a list, or text with ``;`` or ``|`` between labels; nothing in it says that none holds, and no
    value that nobody looked.

    Raises
    ------
    UnknownNameError
        For a label that never occurs.
    """
    sets = [None if value is None else _labels_in(value) for value in values]
    occurring = set().union(*(one for one in sets if one is not None))
    if missing := [want for want in wanted if want not in occurring]:
        raise UnknownNameError(f"label in '{column}'", missing[0], occurring, where=where)
    holds = np.array([[one is not None and want in one for want in wanted] for one in sets], bool)
    return holds.reshape(len(values), len(wanted)), np.array([one is not None for one in sets], bool)


def _labels_in(value: Any) -> set[str]:
    parts = value if isinstance(value, list | tuple | set) else re.split(r"[;|]", str(value))
    return {str(part).strip() for part in parts} - {""}


def _compared(values: list, sign: str, number: str, column: str) -> np.ndarray:
    try:
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return _COMPARISON[sign](numbers, float(number))  # nan meets no comparison
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"'{column}' holds what cannot be compared with a number ({error})",
            remedy="Give the values themselves",
        ) from error
