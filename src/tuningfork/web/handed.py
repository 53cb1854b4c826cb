"""Which galaxies lie on whose page, and why each of them was asked."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Handed"]


class Handed:
    """Remembers what was handed out.

    Two things are kept: the context of each galaxy (stream, rank, score ...), which goes into the log with
    its answer and is never sent to the page before; and what each open page holds, so that two pages never
    ask about the same galaxy. A page not heard of for ``patience`` seconds holds nothing any more.
    """

    MOST_CONTEXTS = 20_000

    def __init__(self, *, patience: float = 600, clock: Callable[[], float] = time.monotonic):
        self._patience, self._clock = patience, clock
        self._lock = threading.Lock()
        self._contexts: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._held: dict[str, tuple[float, frozenset[str]]] = {}

    def hold(self, client: str, ids: Iterable[str]) -> None:
        """What a page holds now; replaces what it held before."""
        with self._lock:
            self._held[client] = (self._clock(), frozenset(ids))

    def held(self) -> set[str]:
        """The galaxies on all open pages."""
        with self._lock:
            oldest = self._clock() - self._patience
            self._held = {c: (at, ids) for c, (at, ids) in self._held.items() if at >= oldest}
            return set().union(*(ids for _, ids in self._held.values()))

    def remember(self, galaxy_id: str, context: dict[str, Any]) -> None:
        """Why this galaxy was asked."""
        with self._lock:
            self._contexts[galaxy_id] = context
            self._contexts.move_to_end(galaxy_id)
            while len(self._contexts) > self.MOST_CONTEXTS:
                self._contexts.popitem(last=False)

    def context(self, galaxy_id: str) -> dict[str, Any]:
        """Why this galaxy was asked; says so when that was before a restart."""
        with self._lock:
            return dict(self._contexts.get(galaxy_id, {"stream": "unknown"}))
