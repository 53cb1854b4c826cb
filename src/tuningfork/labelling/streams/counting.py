"""From the label log to the counts that estimates need: audits, planted known galaxies, second looks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tuningfork.labelling.estimates.audit import AuditCount
from tuningfork.labelling.estimates.people import FEWEST_CHECKS, EyeRate
from tuningfork.labelling.events import Event, State
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.question import Question
from tuningfork.labelling.streams.book import Design, DesignBook, Planned

__all__ = ["Audited", "audits_of", "eye_of", "eyes_of", "false_alarms", "looked_again", "second_looks"]


@dataclass(frozen=True)
class Audited:
    """One audit with what it has seen by now.

    ``planned`` and ``answered`` count its galaxies, ``unsure`` those among the answered of which somebody
    said "maybe" (they count as not positive), ``skipped`` those nobody judged: people skipped them, or they
    cannot be asked about any more. ``codes`` are the strata of all galaxies, ``before`` the ids that had an
    answer or a skip when it was frozen. ``ended``: all that can be asked were answered; ``futile``: a closing
    audit that cannot show its target any more.
    """

    design: Design
    count: AuditCount
    planned: int
    answered: int
    unsure: int
    skipped: int
    codes: np.ndarray
    before: frozenset[str]
    ended: bool = False
    futile: bool = False

    @property
    def speaks(self) -> bool:
        """Whether numbers may rest on it: a closing audit is looked at once, when it is over."""
        return self.count.ready and (self.design.closing is None or self.ended or self.futile)

    @property
    def half_answered(self) -> bool:
        """Whether enough of it is answered to speak of the candidate pool."""
        return self.speaks and (2 * self.answered >= self.planned or self.futile)

    def within(self, strata: int, positives: dict[str, int]) -> AuditCount:
        """The same, of the first so many strata only; ``positives`` maps their ids to rows."""
        rows = [row for i, row in positives.items() if i in self.before]
        known = int((self.codes[rows] < strata).sum()) if rows else 0
        count = self.count
        return AuditCount(
            known, *(a[:strata] for a in (count.frame, count.asked, count.hits, count.reopened))
        )

    def pool(self, strata: int) -> int:
        """How many galaxies the first so many strata hold, answered or not."""
        return int((self.codes < strata).sum())


def audits_of(
    log: LabelLog,
    book: DesignBook,
    question: Question,
    ids: np.ndarray,
    row_of: dict[str, int],
    *,
    askable: Callable[[str], bool] = lambda _: True,
) -> tuple[list[Audited], list[int]]:
    """All audits of a session, the oldest first, and the numbers of those that cannot be used any more: the
    collection's rows have moved since. ``askable`` says whether a galaxy can still be put before somebody.
    """
    designs, current = book.designs(), log.current()
    usable = [d for d in designs if book.fits(d, ids)]
    before = _looked_at(log, [d.last_event for d in designs])
    until = {one.number: before[later.last_event] for one, later in pairwise(designs)}
    told = [
        _audited(
            d,
            [p for p in book.plan(d.number) if p.galaxy_id in current or askable(p.galaxy_id)],
            before[d.last_event],
            until.get(d.number),
            current,
            question,
            row_of,
            planned=len(book.plan(d.number)),
        )
        for d in usable
    ]
    return told, [d.number for d in designs if d not in usable]


def eyes_of(state: State, question: Question) -> tuple[EyeRate, EyeRate]:
    """How often known positives were called so: planted ones, and own finds at a second look."""
    planted = [
        vote.answer == question.positive
        for galaxy_id, known in state.current("gold").items()
        if known.answer == question.positive
        for vote in _checks(state, galaxy_id)
    ]
    again = [
        second == question.positive for first, second in second_looks(state) if first == question.positive
    ]
    return EyeRate(sum(planted), len(planted), "gold"), EyeRate(sum(again), len(again), "repeat")


def eye_of(state: State, question: Question) -> EyeRate | None:
    """The hit rate to go by: of planted ones where there are enough, else of second looks; None where neither
    says enough.
    """
    gold, repeat = eyes_of(state, question)
    eye = gold if gold.shown >= FEWEST_CHECKS else repeat
    return eye if eye.shown >= FEWEST_CHECKS else None


def false_alarms(state: State, question: Question) -> tuple[int, int]:
    """How often planted galaxies of another kind were called positive, and how many were shown."""
    told = [
        vote.answer == question.positive
        for galaxy_id, known in state.current("gold").items()
        if known.answer != question.positive
        for vote in _checks(state, galaxy_id)
    ]
    return sum(told), len(told)


def second_looks(state: State) -> list[tuple[str, str]]:
    """Each person's answer before a repeat, and the first answer to it; see `looked_again`."""
    return [(first, second) for _, _, first, second in looked_again(state)]


def looked_again(state: State) -> list[tuple[str, str, str, str]]:
    """(galaxy id, person, answer before a repeat, first answer to it); those that were skipped are left out.

    A repeat is asked once of a person, so what they say of it later corrects it and is no further look.
    """
    told = []
    for galaxy_id, events in state.all_live().items():
        last: dict[str, str] = {}
        repeated: set[str] = set()
        for event in events:
            if event.kind != "answer" or event.answer == "skip":
                continue
            if event.stream == "repeat" and event.annotator in last.keys() - repeated:
                told.append((galaxy_id, event.annotator, last[event.annotator], str(event.answer)))
                repeated.add(event.annotator)
            last[event.annotator] = str(event.answer)
    return told


def _checks(state: State, galaxy_id: str) -> list[Event]:
    """Each person's first answer to a planted galaxy: examples and skips are no looks.

    What was said before it was planted is no check: galaxies are often planted because somebody found them,
    and who found them would always seem to recognise them.
    """
    planted = min(e.event_id for e in state.live(galaxy_id, "gold"))
    first: dict[str, Event] = {}
    for event in state.live(galaxy_id):
        if event.kind == "answer" and event.answer != "skip":
            first.setdefault(event.annotator, event)
    return [e for e in first.values() if e.stream != "example" and e.event_id > planted]


def _looked_at(log: LabelLog, moments: list[int]) -> dict[int, frozenset[str]]:
    """Who had an answer or a skip after each of these events, by going through the log once."""
    told, state = {}, State()
    waiting = sorted(set(moments))
    for event in log.events() if waiting else ():
        while waiting and event.event_id > waiting[0]:
            told[waiting.pop(0)] = frozenset(state.current())
        state.apply(event)
    return told | {moment: frozenset(state.current()) for moment in waiting}


def _audited(
    design: Design,
    plan: list[Planned],
    before: frozenset[str],
    until: frozenset[str] | None,
    current: dict[str, Event],
    question: Question,
    row_of: dict[str, int],
    *,
    planned: int,
) -> Audited:
    """``plan`` holds those of the ``planned`` galaxies that were answered or can be. A galaxy that nobody can
    look at any more stops its stratum no more than a skip does: neither depends on what the galaxy is.

    Galaxies that were skipped ``before`` are no part of the draw: the hunt had chosen them, and they are not
    asked again. ``until`` are those looked at when the next audit was drawn, None for the last one: what the
    hunt answers later among galaxies of an audit that was broken off must not make it look rich.
    """
    strata = len(design.ends)
    asked, hits, passed = np.zeros(strata, np.int64), np.zeros(strata, np.int64), set()
    drawn = [p for p in plan if p.galaxy_id not in before]
    unsure, skipped = 0, planned - len(drawn)
    for one in sorted(drawn, key=lambda p: (p.stratum, p.place)):
        event = current.get(one.galaxy_id)
        late = until is not None and one.galaxy_id not in until
        if event is None or late:  # later ones of the stratum do not count: the hunt may have chosen them
            passed.add(one.stratum)
        if event is None or one.stratum in passed:
            continue
        if event.answer == "skip":
            skipped += 1
            continue
        asked[one.stratum] += 1
        hits[one.stratum] += event.answer == question.positive
        unsure += event.answer == "maybe"
    codes = np.asarray(design.strata())

    def of_stratum(ids: Iterable[str]) -> np.ndarray:
        rows = [row_of[i] for i in ids if row_of.get(i, len(codes)) < len(codes)]
        here = codes[np.array(rows, np.int64)]
        return np.bincount(here[here < strata], minlength=strata)

    def counted(answers: list[str | None]) -> np.ndarray:
        """Of each stratum, those of ``before`` that say one of these now."""
        return of_stratum(i for i in before if (current[i].answer if i in current else None) in answers)

    known, reopened = int(counted([question.positive]).sum()), counted([None, "skip"])
    all_there = np.bincount(codes[codes < strata], minlength=strata)
    frame = np.minimum(design.frame, all_there - of_stratum(before))  # older ones counted the skipped, too
    if ended := all(p.galaxy_id in current for p in plan):  # a stratum all skipped stays unknown
        silent = np.where(asked == 0, frame, 0)
        frame, reopened = frame - silent, reopened + silent
    count = AuditCount(known, frame, asked, hits, reopened)
    answered = sum(p.galaxy_id in current for p in plan)
    futile = design.closing is not None and design.closing.is_futile(plan, current, question.positive)
    return Audited(
        design, count, planned, answered, unsure, skipped, codes, before, ended=ended, futile=futile
    )
