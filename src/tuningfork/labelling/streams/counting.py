"""From the label log to the counts that estimates need: audits, planted known galaxies, second looks."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.audit import AuditCount
from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.events import Event, State
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.question import Question
from tuningfork.labelling.streams.book import Design, DesignBook, Planned, digest_of
from tuningfork.labelling.streams.drawing import NOWHERE

__all__ = ["Audited", "audits_of", "eyes_of", "false_alarms", "second_looks"]


@dataclass(frozen=True)
class Audited:
    """One audit with what it has seen by now.

    ``planned`` and ``answered`` count its galaxies, ``unsure`` those among the answered of which somebody
    said "maybe" (they count as not positive), ``skipped`` those nobody judged. ``codes`` are the strata of
    all galaxies, ``before`` the ids that had an answer when it was frozen.
    """

    design: Design
    count: AuditCount
    planned: int
    answered: int
    unsure: int
    skipped: int
    codes: np.ndarray
    before: frozenset[str]

    def within(self, strata: int, positives: dict[str, int]) -> AuditCount:
        """The same, of the first so many strata only; ``positives`` maps their ids to rows."""
        rows = [row for i, row in positives.items() if i in self.before]
        known = int((self.codes[rows] < strata).sum()) if rows else 0
        count = self.count
        return AuditCount(known, count.frame[:strata], count.asked[:strata], count.hits[:strata])

    def pool(self, strata: int) -> int:
        """How many galaxies the first so many strata hold, answered or not."""
        return int((self.codes < strata).sum())


def audits_of(
    log: LabelLog, book: DesignBook, question: Question, ids: np.ndarray, row_of: dict[str, int]
) -> tuple[list[Audited], list[int]]:
    """All audits of a session, the oldest first, and the numbers of those that cannot be used any more: the
    collection's rows have moved since.
    """
    designs, current = book.designs(), log.current()
    usable = [d for d in designs if d.galaxies <= len(ids) and digest_of(ids[: d.galaxies]) == d.digest]
    before = _answered_at(log, [d.last_event for d in usable])
    positives = {i: row_of[i] for i, e in current.items() if e.answer == question.positive and i in row_of}
    told = [
        _audited(d, book.plan(d.number), before[d.last_event], current, question, positives) for d in usable
    ]
    return told, [d.number for d in designs if d not in usable]


def eyes_of(state: State, question: Question) -> tuple[EyeRate, EyeRate]:
    """How often known positives were called so: planted ones, and own finds at a second look."""
    gold = state.current("gold")
    planted = [
        vote.answer == question.positive
        for galaxy_id, known in gold.items()
        if known.answer == question.positive
        for vote in _last_votes(state.live(galaxy_id))
    ]
    again = [
        second == question.positive for first, second in second_looks(state) if first == question.positive
    ]
    return EyeRate(sum(planted), len(planted), "gold"), EyeRate(sum(again), len(again), "repeat")


def false_alarms(state: State, question: Question) -> tuple[int, int]:
    """How often planted galaxies of another kind were called positive, and how many were shown."""
    told = [
        vote.answer == question.positive
        for galaxy_id, known in state.current("gold").items()
        if known.answer != question.positive
        for vote in _last_votes(state.live(galaxy_id))
    ]
    return sum(told), len(told)


def second_looks(state: State) -> list[tuple[str, str]]:
    """Each person's answer before a repeat, and the first answer to it; those that were skipped are left out.

    A repeat is asked once of a person, so what they say of it later corrects it and is no further look.
    """
    told = []
    for events in state.all_live().values():
        last: dict[str, str] = {}
        repeated: set[str] = set()
        for event in events:
            if event.kind != "answer" or event.answer == "skip":
                continue
            if event.stream == "repeat" and event.annotator in last.keys() - repeated:
                told.append((last[event.annotator], str(event.answer)))
                repeated.add(event.annotator)
            last[event.annotator] = str(event.answer)
    return told


def _last_votes(events: list[Event]) -> list[Event]:
    """Each person's first answer while they did not know: examples and skips are no looks."""
    first: dict[str, Event] = {}
    for event in events:
        if event.kind == "answer" and event.stream != "example" and event.answer != "skip":
            first.setdefault(event.annotator, event)
    return list(first.values())


def _answered_at(log: LabelLog, moments: list[int]) -> dict[int, frozenset[str]]:
    """Who had an answer (not a skip) after each of these events, by going through the log once."""
    told, state = {}, State()
    waiting = sorted(set(moments))
    for event in log.events() if waiting else ():
        while waiting and event.event_id > waiting[0]:
            told[waiting.pop(0)] = _answered(state)
        state.apply(event)
    return told | {moment: _answered(state) for moment in waiting}


def _answered(state: State) -> frozenset[str]:
    return frozenset(i for i, e in state.current().items() if e.answer != "skip")


def _audited(
    design: Design,
    plan: list[Planned],
    before: frozenset[str],
    current: dict[str, Event],
    question: Question,
    positives: dict[str, int],
) -> Audited:
    strata = len(design.ends)
    asked, hits, ended = np.zeros(strata, np.int64), np.zeros(strata, np.int64), set()
    unsure = skipped = 0
    for planned in sorted(plan, key=lambda p: (p.stratum, p.place)):
        event = current.get(planned.galaxy_id)
        if (
            event is None
        ):  # later ones of the stratum do not count yet: the hunt may have chosen which are known
            ended.add(planned.stratum)
        if event is None or planned.stratum in ended:
            continue
        if event.answer == "skip":
            skipped += 1
            continue
        asked[planned.stratum] += 1
        hits[planned.stratum] += event.answer == question.positive
        unsure += event.answer == "maybe"
    codes = np.asarray(design.strata())
    rows = [row for i, row in positives.items() if i in before and row < len(codes)]
    known = int((codes[rows] != NOWHERE).sum()) if rows else 0
    count = AuditCount(known, np.array(design.frame), asked, hits)
    answered = sum(p.galaxy_id in current for p in plan)
    return Audited(design, count, len(plan), answered, unsure, skipped, codes, before)
