"""Why each galaxy that was handed out was asked."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["Handed"]

Reasons = dict[str, list[dict[str, Any]]]


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

    def recall(
        self, person: str, read: list[tuple[str, str, int]], reasons: Callable[[str, set[str]], Reasons]
    ) -> None:
        """Take from the session's record why galaxies were asked that this server did not hand out itself: it
        was restarted, or is one of several.

        Parameters
        ----------
        read : list of (name, galaxy id, look)
            What is answered now.
        reasons : callable
            See `tuningfork.labelling.people.leases.Leases.reasons`.
        """
        with self._lock:
            forgotten = [one for one in read if (person, one[0], "page") not in self._contexts]
        told = reasons(person, {galaxy_id for _, galaxy_id, _ in forgotten}) if forgotten else {}
        for name, galaxy_id, look in forgotten:
            of_look = [s for s in told.get(galaxy_id, ()) if (s.get("stream") == "repeat") == bool(look)]
            if of_look:
                self.remember(person, name, of_look[-1])

    def context(self, person: str, name: str, *, look: int, view: str = "page") -> dict[str, Any]:
        """Why this galaxy was asked; "unknown" when nobody asked."""
        with self._lock:
            kept = self._contexts.get((person, name, view))
        return dict(kept) if kept is not None else {"stream": "repeat" if look else "unknown"}
