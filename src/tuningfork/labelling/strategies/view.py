"""What a strategy sees, and what it gives back. Nothing of pages, files or people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

__all__ = ["Answered", "Pick", "Strategy", "View", "best_first", "fresh"]

SAME_PICTURE = 0.995
"""Cosine of centred, scaled vectors above which two galaxies are asked about once: the same sky, cut out
twice.
"""


@dataclass(frozen=True)
class Answered:
    """One answer that trains: the galaxy's row, whether it was the positive answer, and whether it was given
    as an example.
    """

    row: int
    positive: bool
    example: bool = False


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
    """

    vectors: np.ndarray
    scores: np.ndarray
    learnt: bool
    free: np.ndarray
    taken: np.ndarray
    history: tuple[Answered, ...]
    cells: Callable[[], np.ndarray]
    rng: np.random.Generator


class Strategy(Protocol):
    """A way to choose what to ask next.

    ``weak_negatives`` random unlabelled galaxies train the head as negatives at ``weak_weight`` each; with
    ``weak_once`` only while no true negative is known.
    """

    weak_negatives: int
    weak_weight: float
    weak_once: bool

    def select(self, view: View, n: int) -> list[Pick]:
        """At most n picks, best first, no row twice, all of them free."""
        ...


def best_first(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows in falling order of their values [n]; ties in order of rows."""
    return rows[np.argsort(-values[rows], kind="stable")]


def fresh(view: View, candidates: np.ndarray, n: int, *, beside: list[int] | None = None) -> list[int]:
    """The first n candidate rows that are not the picture of one taken, of one in ``beside`` or of an
    earlier one.

    When too few are left, the near-duplicates follow, so that nothing is kept from being asked for ever.
    """
    held = list(beside or [])
    known = view.vectors[np.concatenate([view.taken, np.array(held, np.int64)])]
    chosen: list[int] = []
    later: list[int] = []
    for row in candidates:
        if len(chosen) == n:
            break
        vector = view.vectors[row]
        again = (known @ vector > SAME_PICTURE).any() or (view.vectors[chosen] @ vector > SAME_PICTURE).any()
        (later if again else chosen).append(int(row))
    return chosen + later[: n - len(chosen)]
