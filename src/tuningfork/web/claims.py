"""What may be claimed of a sample: counted behind the page, once for all who look."""

import logging
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from tuningfork.labelling.blind import BLOCK
from tuningfork.web.refits import Refits

__all__ = ["PAGE", "SHARE", "Claims"]

PAGE = 24  # galaxies of the page whose yield is foretold
SHARE = 0.1
"""Of the time, at most so much goes into counting anew: foretelling takes five fits over all answers."""
FIRST, NEXT = 0.3, 1.0
"""Seconds until one asks again while it is counted: who has nothing to see yet, and others."""
AFTER_TROUBLE = 10.0  # seconds for which a count that failed is not tried again
MOST_PEOPLE = 1_000  # whose numbers are kept

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """What numbers were counted from: so many events, of which so many revocations hold, and the settings."""

    events: int
    revoked: int
    settings: tuple

    def past(self, then: "Moment | None") -> bool:
        """Whether what was counted then is to be counted anew. Never after less than `BLOCK` answers: an
        audit's count moves with each of its galaxies, and so the numbers would say which those are.
        """
        if then is None or self.events - then.events >= BLOCK:
            return True
        return (self.revoked, self.settings) != (then.revoked, then.settings)  # by an owner, not by an answer


@dataclass(frozen=True)
class _Shared:
    """The same for all: words for who may know of streams and for others, and what scores are worth."""

    at: Moment
    words: dict[bool, dict[str, Any]]
    foresight: Any


class Claims:
    """Estimates of one session.

    No request counts: one thread does, when somebody looks, and ends when nothing is left. What does not
    depend on who looks is counted once for all; for each who looks only the next galaxies are chosen, and
    their scores held against it. After a count none begins for nine times its processor time (`SHARE`), but
    for people who have nothing to see yet: a panel that many have open must not take the server's time.
    """

    def __init__(self, session: Any):
        self._session = session
        self._lock = threading.Lock()  # guards what stands below; held for microseconds
        self._shared: _Shared | None = None
        self._own: OrderedDict[str, tuple[Moment, dict[str, Any]]] = OrderedDict()
        self._wanted: dict[str, None] = {}  # who waits for own numbers
        self._free = 0.0  # when the next count may begin
        self._renewed = 0  # how often an owner began what everybody is to be told of
        self._trouble: Exception | None = None
        self._behind = Refits(self._work)

    def tell(self, who: str, *, streams: bool) -> dict[str, Any]:
        """``rows`` (what, value, note), ``stop``, ``sentences``, ``notes``; ``page`` and ``expected``: how
        many galaxies the person's next page has, and how many new finds it is likely to hold, [low, high] or
        None. ``closing``: the line about closing audits and whether one may be begun, for those who may know
        of streams. Without ``streams`` no word says how large the streams are. ``again``: after how many
        seconds newer numbers may be had, 0 while these are the newest.
        Before the first count there is nothing but ``again``, and before the first for this person no
        ``page``. Raises what the last count raised, for as long as it is not tried again.
        """
        now = self._moment()
        with self._lock:
            shared, (at, own) = self._shared, self._own.get(who, (None, {}))
            due = now.past(shared and shared.at) or now.past(at)
            if due:
                self._wanted[who] = None
            left, trouble = self._free - time.monotonic(), self._trouble
        if trouble is not None and left > 0:
            raise trouble.with_traceback(None)
        words = {} if shared is None else shared.words[streams]
        if not due:
            return {**words, **own, "again": 0}
        if left > 0 and shared is not None and own:
            return {**words, **own, "again": math.ceil(left)}
        self._behind.ask()
        return {**words, **own, "again": NEXT if own else FIRST}

    def count_anew(self) -> None:
        """Tell the next who asks of what an owner began or ended: neither answers nor the pause count."""
        with self._lock:
            self._renewed += 1
            self._free = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is counted; False when that took longer than ``timeout`` seconds."""
        return self._behind.wait(timeout)

    def _moment(self) -> Moment:
        session = self._session
        settings = (session.strategy_name, session.head_name, session.encoder_keys, session.settings.streams)
        settings += (self._renewed,)
        with session.log.view() as state:
            return Moment(state.count, len(state.revocations()), settings)

    def _work(self) -> None:
        began = time.thread_time()  # what it takes from the server; on a busy machine the clock says more
        with self._lock:
            renewed, paused = self._renewed, time.monotonic() < self._free
            people = [who for who in self._wanted if not paused or who not in self._own]
            for who in people:
                del self._wanted[who]
        if not people:
            return
        try:
            self._count(people)
            self._trouble, pause = None, (time.thread_time() - began) * (1 / SHARE - 1)
        except Exception as error:
            _log.exception("the estimates could not be counted; the last ones stay")
            self._trouble, pause = error, AFTER_TROUBLE
        with self._lock:
            if renewed == self._renewed:  # else what was counted is of before, and is not waited for
                self._free = max(self._free, time.monotonic() + pause)

    def _count(self, people: list[str]) -> None:
        now, shared = self._moment(), self._shared
        if shared is None or now.past(shared.at):
            counted = self._session.estimate()
            words = {knows: _in_words(counted, streams=knows) for knows in (True, False)}
            shared = _Shared(now, words, self._session.foresight())
            with self._lock:
                self._shared = shared
        for who in people:
            at, _ = self._own.get(who, (None, {}))
            if now.past(at):
                ahead = self._session.next_batch(PAGE, annotator=who, wait=False)
                expected = self._session.expected_finds(ahead, by=shared.foresight)
                with self._lock:
                    self._own[who] = now, {"page": len(ahead), "expected": expected}
                    self._own.move_to_end(who)
                    while len(self._own) > MOST_PEOPLE:
                        self._own.popitem(last=False)


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
    offered = offer is not None and offer["looks"] is not None
    return {
        "line": closing_line(counted),
        "offered": offered,
        "runs": counted["running"] is not None,
        "answers": offer["answers"] if offered else 0,
    }
