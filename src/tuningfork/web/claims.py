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
        self._estimates: dict[bool, dict[str, Any]] = {}
        self._ahead: dict[str, tuple[int, dict[str, Any]]] = {}

    def tell(self, who: str, *, streams: bool) -> dict[str, Any]:
        """``rows`` (what, value, note), ``stop``, ``sentences``, ``notes``; ``page`` and ``expected``: how
        many galaxies the person's next page has, and how many new finds it is likely to hold, [low, high] or
        None. Without ``streams`` no word says how large the streams are.
        """

        with self._lock:
            with self._session.log.view() as state:
                now = state.count
            if self._at < 0 or now - self._at >= BLOCK:
                counted = self._session.estimate()
                self._estimates = {knows: _in_words(counted, streams=knows) for knows in (True, False)}
                self._at = now
            made, told = self._ahead.get(who, (-1, {}))
            if made < 0 or now - made >= BLOCK:
                ahead = self._session.next_batch(PAGE, annotator=who)
                told = {"page": len(ahead), "expected": self._session.expected_finds(ahead)}
                self._ahead[who] = now, told
            return {**self._estimates[streams], **told}


def _in_words(counted: dict[str, Any], *, streams: bool) -> dict[str, Any]:
    from tuningfork.labelling.estimates import report

    return {
        "rows": report.rows_of(counted, streams=streams),
        "stop": report.stop_of(counted, streams=streams),
        **{name: (counted if streams else counted["blind"])[name] for name in ("sentences", "notes")},
    }
