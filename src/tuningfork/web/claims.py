"""What may be claimed of a sample: told no oftener than keeps the page blind, and the server free."""

import math
import threading
import time
from typing import Any

from tuningfork.labelling.blind import BLOCK

__all__ = ["PAGE", "SHARE", "Claims"]

PAGE = 24  # galaxies of the page whose yield is foretold
SHARE = 0.1
"""Of the time, at most so much goes into counting: what comes is foretold by five fits over all answers."""


class Claims:
    """Estimates of one session, made anew after every `BLOCK` events.

    Sooner they would say which galaxy belonged to an audit: its count moves with each of them. One request
    counts at a time, and after a count of t seconds none begins for t / `SHARE`; who asks meanwhile is told
    what was counted last, at once: a panel that many people have open must not take the server's threads.
    """

    def __init__(self, session: Any):
        self._session = session
        self._counting = threading.Lock()  # held while one counts; nobody waits for it
        self._at = -1
        self._free = 0.0  # when the next count may begin
        self._estimates: dict[bool, dict[str, Any]] = {}
        self._ahead: dict[str, tuple[int, dict[str, Any]]] = {}

    def tell(self, who: str, *, streams: bool) -> dict[str, Any]:
        """``rows`` (what, value, note), ``stop``, ``sentences``, ``notes``; ``page`` and ``expected``: how
        many galaxies the person's next page has, and how many new finds it is likely to hold, [low, high] or
        None. ``closing``: the line about closing audits and whether one may be begun, for those who may know
        of streams. Without ``streams`` no word says how large the streams are. ``again``: after how many
        seconds newer numbers may be had, 0 while these are the newest.
        Before the first count there is nothing but ``again``, and before the first for this person no
        ``page``.
        """
        with self._session.log.view() as state:
            now = state.count
        if self._counting.acquire(blocking=False):
            try:  # what is due is asked in here: another may just have counted
                began = time.monotonic()
                if began >= self._free and self._due(who, now):
                    self._count(who, now)
                    ended = time.monotonic()
                    self._free = ended + (ended - began) * (1 / SHARE - 1)
            finally:
                self._counting.release()
        again = max(1, math.ceil(self._free - time.monotonic())) if self._due(who, now) else 0
        ahead = self._ahead[who][1] if who in self._ahead else {}
        return {**self._estimates.get(streams, {}), **ahead, "again": again}

    def count_anew(self) -> None:
        """Let the next who asks be told of a closing audit that has just begun."""
        with self._counting:
            self._at, self._free = -1, 0.0

    def _due(self, who: str, now: int) -> bool:
        made = self._ahead[who][0] if who in self._ahead else -1
        return any(at < 0 or now - at >= BLOCK for at in (self._at, made))

    def _count(self, who: str, now: int) -> None:
        if self._at < 0 or now - self._at >= BLOCK:
            counted = self._session.estimate()
            self._estimates = {knows: _in_words(counted, streams=knows) for knows in (True, False)}
            self._at = now
        made = self._ahead[who][0] if who in self._ahead else -1
        if made < 0 or now - made >= BLOCK:
            ahead = self._session.next_batch(PAGE, annotator=who)
            told = {"page": len(ahead), "expected": self._session.expected_finds(ahead)}
            self._ahead[who] = now, told


def _in_words(counted: dict[str, Any], *, streams: bool) -> dict[str, Any]:
    from tuningfork.labelling.estimates import report

    known = {"closing": _closing(counted)} if streams else {}
    return known | {
        "rows": report.rows_of(counted, streams=streams),
        "stop": report.stop_of(counted, streams=streams),
        **{name: (counted if streams else counted["blind"])[name] for name in ("sentences", "notes")},
    }


def _closing(counted: dict[str, Any]) -> dict[str, Any]:
    from tuningfork.labelling.estimates.closing_words import closing_line

    offer = counted["offer"]
    return {"line": closing_line(counted), "offered": offer is not None and offer["looks"] is not None}
