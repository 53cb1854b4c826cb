"""From whom an audit is drawn: who is in the pool, who has an answer, how large the candidate pool is."""

import numpy as np

from tuningfork.labelling.events import Event, State
from tuningfork.labelling.streams.settings import Streams

__all__ = ["candidates", "finds_among", "was_looked_at", "without"]

_PARTS = 20  # a candidate pool is a twentieth of the collection at most, but for `Streams.inside_finds`


def without(pool: np.ndarray, ids: np.ndarray, some: set[str]) -> np.ndarray:
    """A pool, bool [n], without some galaxies."""
    return pool & ~np.array([i in some for i in ids], bool) if some else pool


def was_looked_at(state: State, ids: np.ndarray) -> np.ndarray:
    """Who has an answer or was skipped, bool [n]: neither is drawn, since no audit asks for it."""
    current = state.current()
    return np.array([i in current for i in ids], bool)


def finds_among(ids: np.ndarray, current: dict[str, Event], positive: str) -> int:
    """How many of these galaxies are found."""
    return sum(i in current and current[i].answer == positive for i in ids)


def candidates(streams: Streams, size: int, finds: int) -> int:
    """How many galaxies the candidate pool has: enough to hold what was found, and more of the kind."""
    usual = min(streams.inside, size // _PARTS)
    return min(max(1, usual, streams.inside_finds * finds), size)
