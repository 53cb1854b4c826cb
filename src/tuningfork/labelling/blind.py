"""Numbers for a person who must not learn from them which of their galaxies were repeats or known ones."""

import threading
from statistics import median

from tuningfork.labelling.events import Event, State, standing
from tuningfork.labelling.progress import told_of
from tuningfork.labelling.question import Question

__all__ = ["BLOCK", "BlindTally"]

BLOCK = 20
"""Answers between two exact counts: the streams are mixed within as many places."""
_RECENT = 50  # answers whose pace is told


class BlindTally:
    """Progress of a session that moves in the same way with every answer, whatever stream it belongs to.

    A repeated galaxy adds no find, and who sees the count stand still after a "yes" knows why it was asked.
    So since the last exact count every answer counts for itself; after `BLOCK` answers the count is made
    exact again.
    """

    def __init__(self, question: Question):
        self._question = question
        self._lock = threading.Lock()
        self._counted: set[int] = set()  # events that were there at the last exact count
        self._finds: set[int] = set()  # of those, the ones that count as a find

    def progress(self, state: State, person: str | None = None) -> dict:
        """See `tuningfork.labelling.progress.progress_of`; ``answers`` counts every answer that anybody gave.

        ``seconds_each`` is the median time that ``person`` took for one of their last 50 answers.
        """
        by_galaxy = state.all_live()
        live = sorted(e for events in by_galaxy.values() for e in events)
        asked = [e for e in live if e.stream != "example"]
        with self._lock:
            if sum(e.event_id not in self._counted for e in asked) >= BLOCK or not self._counted:
                self._counted = {e.event_id for e in asked}
                self._finds = self._exact(by_galaxy)
            told = [self._is_find(e) for e in asked]
        numbers = told_of(asked, told, self._question, examples=len(live) - len(asked))
        return numbers | {"seconds_each": _pace([e for e in asked if e.annotator == person])}

    def _is_find(self, event: Event) -> bool:
        if event.event_id in self._counted:
            return event.event_id in self._finds
        return event.answer == self._question.positive

    def _exact(self, by_galaxy: dict[str, list[Event]]) -> set[int]:
        """The first answer that found each galaxy which stands as a find; examples are no finds."""
        positive, finds = self._question.positive, set()
        for events in by_galaxy.values():
            if standing(events).answer == positive and not any(e.stream == "example" for e in events):
                finds.add(next(e.event_id for e in events if e.answer == positive))
        return finds


def _pace(events: list[Event]) -> float | None:
    together: dict[str, int] = {}
    for event in events:
        together[event.action] = together.get(event.action, 0) + 1
    times = [
        float(e.shown["seconds"]) / together[e.action]
        for e in events[-_RECENT:]
        if isinstance(e.shown.get("seconds"), int | float)
    ]
    return round(median(times), 2) if times else None
