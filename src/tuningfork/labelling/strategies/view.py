"""What a strategy sees, and what it gives back. Nothing of pages, files or people."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

__all__ = ["Answered", "Pick", "Recipe", "Strategy", "View", "best_first", "falling", "fresh", "highest"]

SAME_PICTURE = 0.995
"""Cosine of centred, scaled vectors above which two galaxies are asked about once: the same sky, cut out
twice.
"""


@dataclass(frozen=True)
class Answered:
    """One answer that trains: the galaxy's row, whether it was the positive answer, and whether it was given
    as an example.

    In a question of several classes ``target`` is the number of the class that was answered, and ``positive``
    says whether it is the class that is looked for. Where several labels may hold, ``labels`` are the numbers
    of those that do; None when they are not known.
    """

    row: int
    positive: bool
    example: bool = False
    target: int | None = None
    labels: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Pick:
    """A galaxy a strategy chose.

    ``stream`` is "hunt" or "explore" (or "random"), ``probability`` the known chance with which it was drawn,
    None when it was not drawn by chance.
    """

    row: int
    stream: str
    reason: str
    probability: float | None = None


@dataclass(frozen=True)
class View:
    """The state of a session in rows of the pool.

    Parameters
    ----------
    vectors : float32 [n, D]
        Prepared embeddings of unit length.
    scores : float32 [n]
        The head's probability of the positive answer; all zero while ``learnt`` is False.
    learnt : bool
        Whether anything has been learnt: at least one positive is known.
    free : bool [n]
        Which galaxies may be asked about.
    taken : int [m]
        Rows that were answered or are on the page.
    history : tuple of Answered
        Answers that train, in the order in which they were given.
    cells : callable
        ``cells()`` gives int [n], the k-means cell of every galaxy; made on first use.
    rng : Generator
        The strategy's own random stream.
    probabilities : float32 [n, K], optional
        In a question of several classes the probability of each; ``scores`` is then that of the class that is
        looked for. None in a yes/no question.
    several : bool
        Whether the classes are labels, of which several may hold: then their probabilities do not sum to one.
    """

    vectors: np.ndarray
    scores: np.ndarray
    learnt: bool
    free: np.ndarray
    taken: np.ndarray
    history: tuple[Answered, ...]
    cells: Callable[[], np.ndarray]
    rng: np.random.Generator
    probabilities: np.ndarray | None = None
    several: bool = False

    def answered(self, positive: bool) -> np.ndarray:
        """Rows int [m] of the answers that were positive, or of those that were not."""
        return np.array([a.row for a in self.history if a.positive == positive], np.int64)

    def evidence(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Log-odds float64 of the scores of some rows."""
        from scipy.special import logit

        return logit(np.clip(self.scores[rows].astype(np.float64), 1e-9, 1 - 1e-9))


@dataclass(frozen=True)
class Recipe:
    """What the head learns from beside the answers.

    Parameters
    ----------
    weak_negatives : int
        How many random unlabelled galaxies train as negatives.
    weak_weight : float
        The weight of each, where an answer weighs one.
    weak_once : bool
        Whether only while no true negative is known.
    """

    each_class: ClassVar[bool] = False  # whether it looks at the probability of every class

    weak_negatives: int = 200
    weak_weight: float = 0.2
    weak_once: bool = False


class Strategy(Protocol):
    """A way to choose what to ask next, with its `Recipe`."""

    each_class: ClassVar[bool]

    @property
    def weak_negatives(self) -> int: ...
    @property
    def weak_weight(self) -> float: ...
    @property
    def weak_once(self) -> bool: ...

    def select(self, view: View, n: int) -> list[Pick]:
        """At most n picks, best first, no row twice, all of them free."""
        ...


def best_first(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows in falling order of their values [n]; ties in order of rows."""
    return rows[np.argsort(-values[rows], kind="stable")]


def falling(values: np.ndarray, rows: np.ndarray, first: int = 512) -> Iterator[int]:
    """The same order, sorted only as far as it is read: a page needs the first hundreds of millions.

    Parameters
    ----------
    values : float [n]
        Finite at the rows.
    rows : int [m]
        Rising.
    first : int
        How many to sort at first; then four times as many, and so on.
    """
    keys, size, above = -values[rows], first, -np.inf
    while True:
        limit = np.partition(keys, size - 1)[size - 1] if size < len(keys) else np.inf
        part = np.flatnonzero((keys > above) & (keys <= limit))
        yield from rows[part[np.argsort(keys[part], kind="stable")]].tolist()
        if limit == np.inf:
            return
        above, size = limit, 4 * size


def highest(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Rows of the n highest values in rising order of rows; of those that tie for the last place all."""
    if n >= len(rows):
        return rows
    keys = values[rows]
    return rows[keys >= np.partition(keys, len(keys) - n)[len(keys) - n]] if n > 0 else rows[:0]


def fresh(view: View, candidates: Iterable[int], n: int, *, beside: list[int] | None = None) -> list[int]:
    """The first n candidate rows that are not the picture of one taken, of one in ``beside`` or of an
    earlier one.

    When too few are left, the near-duplicates follow, so that nothing is kept from being asked for ever.
    """
    held = list(beside or [])
    known = view.vectors[np.concatenate([view.taken, np.array(held, np.int64)])]
    chosen: list[int] = []
    later: list[int] = []
    for row in candidates if n > 0 else ():
        vector = view.vectors[row]
        again = (known @ vector > SAME_PICTURE).any() or (view.vectors[chosen] @ vector > SAME_PICTURE).any()
        (later if again else chosen).append(int(row))
        if len(chosen) == n:
            break
    return chosen + later[: n - len(chosen)]
