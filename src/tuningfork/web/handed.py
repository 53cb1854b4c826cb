"""Why each galaxy that was handed out was asked."""

import threading
from collections import OrderedDict
from typing import Any

__all__ = ["Handed"]


class Handed:
    """Remembers the context (stream, rank, score ...) of what was handed out, by person and opaque name.

    It goes into the log with the answer and is never sent to the page before. What lies on whose page is
    another matter: see `tuningfork.labelling.people.leases`.
    """

    MOST = 20_000

    def __init__(self):
        self._lock = threading.Lock()
        self._contexts: OrderedDict[tuple[str, str, str], dict[str, Any]] = OrderedDict()

    def remember(self, person: str, name: str, context: dict[str, Any], *, view: str = "page") -> None:
        """Why this galaxy was asked of this person; what they see in another view is another question."""
        with self._lock:
            self._contexts[person, name, view] = context
            self._contexts.move_to_end((person, name, view))
            while len(self._contexts) > self.MOST:
                self._contexts.popitem(last=False)

    def context(self, person: str, name: str, *, look: int, view: str = "page") -> dict[str, Any]:
        """Why this galaxy was asked; says so when that was before a restart."""
        with self._lock:
            kept = self._contexts.get((person, name, view))
        return dict(kept) if kept is not None else {"stream": "repeat" if look else "unknown"}
