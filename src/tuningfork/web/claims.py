"""What may be claimed of a session's sample, told no oftener than keeps the page blind."""

import threading
from typing import Any

from tuningfork.labelling.blind import BLOCK

__all__ = ["PAGE", "Claims"]

PAGE = 24  # galaxies of the page whose yield is foretold


class Claims:
    """Estimates of one session, made anew after every `BLOCK` events.

    Sooner they would say which galaxy belonged to an audit: its count moves with each of them.
    """

    def __init__(self, session: Any):
        self._session = session
        self._lock = threading.Lock()
        self._at = -1
        self._estimates: dict[str, Any] = {}
        self._ahead: dict[str, tuple[int, dict[str, Any]]] = {}

    def tell(self, who: str) -> dict[str, Any]:
        """``rows`` (what, value, note), ``stop``, ``sentences``, ``notes``; ``page`` and ``expected``: how
        many galaxies the person's next page has, and how many new finds it is likely to hold, [low, high] or
        None.
        """
        from tuningfork.labelling.estimates.report import rows_of, stop_of

        with self._lock:
            with self._session.log.view() as state:
                now = state.count
            if self._at < 0 or now - self._at >= BLOCK:
                counted = self._session.estimate()
                self._estimates = {
                    "rows": rows_of(counted),
                    "stop": stop_of(counted),
                    "sentences": counted["sentences"],
                    "notes": counted["notes"],
                }
                self._at = now
            made, told = self._ahead.get(who, (-1, {}))
            if made < 0 or now - made >= BLOCK:
                ahead = self._session.next_batch(PAGE, annotator=who)
                told = {"page": len(ahead), "expected": self._session.expected_finds(ahead)}
                self._ahead[who] = now, told
            return {**self._estimates, **told}
