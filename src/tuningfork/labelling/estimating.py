"""What a session may claim: precision, completeness, prevalence and number left, each with its interval."""

from dataclasses import asdict
from typing import Any

import numpy as np

from tuningfork.labelling.closing import closing_told, hunted_finds, offer_told
from tuningfork.labelling.estimates.audit import (
    AuditCount,
    completeness,
    left,
    precision,
    prevalence,
    total_positives,
)
from tuningfork.labelling.estimates.bounds import certainty_looks, clopper_pearson
from tuningfork.labelling.estimates.people import EyeRate, seen_total
from tuningfork.labelling.estimates.report import notes_of, sentences_of
from tuningfork.labelling.estimates.weighted import Estimate
from tuningfork.labelling.known import Known
from tuningfork.labelling.progress import by_stream
from tuningfork.labelling.streams.closing import answers_until
from tuningfork.labelling.streams.counting import (
    Audited,
    audits_of,
    eye_of,
    eyes_of,
    false_alarms,
    second_looks,
)
from tuningfork.labelling.streams.drawing import NOWHERE

__all__ = ["estimate_session"]

WANTED = 0.9  # the completeness whose certificate is priced


def estimate_session(session: Any, *, level: float = 0.95) -> dict[str, Any]:
    """Estimates of a session, from its audits, planted known galaxies and second looks.

    Parameters
    ----------
    session : Session
        With answers.
    level : float
        Confidence of the intervals, above 0.5 to below 1. Below five hits of an audit they are one-sided.

    Returns
    -------
    dict
        ``whole`` and ``inside`` (the candidate pool, by the rank of the latest audit that is half answered),
        each None or with ``pool``, ``found``, ``unseen`` (galaxies nobody looked at), ``total``, ``left``
        (no more than these), ``completeness``, ``prevalence`` and ``with_eye``: the last four with the misses
        of the eye folded in, so that ``left`` counts what it missed too; None where its rate is not known;
        ``by_rank``: what taking everything down to a rank would give; ``eye``: the person's hit rate;
        ``confirmed``: finds that stood a second look (the sample's precision); ``answered`` (galaxies),
        ``answers``, ``people`` and ``examples``, see `given`;
        ``unanswered``: galaxies without an answer; ``audits``, ``audit`` (its ``share`` and ``from`` how many
        answers on), ``streams``, ``certainty``; ``closing``, ``running``, ``shown`` and ``offer``: how
        closing audits stand and what another would cost (see `tuningfork.labelling.closing`); ``sentences``
        to print and ``notes`` on what they rest on;
        ``blind``: both without counts of the streams, for people who must not know how large those are.
        Every estimate has ``value`` (None where only a bound can be given), ``low``, ``high`` and ``level``.
    """
    if not 0.5 < level < 1:
        raise ValueError("a confidence level lies above 0.5 and below 1")
    ids, row_of = session.row_numbers()
    current, question = session.current_events(), session.question
    positives = {i: row_of[i] for i, e in current.items() if e.answer == question.positive and i in row_of}
    audits, lost = audits_of(session.log, session.book, question, ids, row_of, askable=session.askable)
    told: dict[str, Any] = {
        "session": session.name,
        "question": question.text,
        "positive": question.positive,
        "galaxies": len(ids),
        "found": len(positives),
        "level": level,
        "streams": by_stream(list(current.values()), question.positive),
        "audit": {"share": session.settings.streams.audit, "from": session.settings.streams.audit_from},
        "audits": [_facts(a) for a in audits],
    }
    with session.log.view() as state:
        eye, people = _of_people(state, question, level)
        told |= given(state)
    rows = [(row_of[i], e.answer == "skip") for i, e in current.items() if i in row_of]
    judged, passed = (np.array([row for row, s in rows if s == skip], np.int64) for skip in (False, True))
    told["unanswered"] = len(ids) - len(judged)
    known = Known(positives, judged, passed, eye, level)
    told |= _of_pools(audits, known) | people
    designs = session.book.designs()
    told["certainty"] = _certainty(audits, known)
    told |= closing_told(audits, known, designs)
    hunted = hunted_finds(current, question.positive)
    told["offer"] = offer_told(audits, known, told, designs, hunted, WANTED)
    if told["offer"] is not None and told["offer"]["looks"] is not None:
        told["offer"]["answers"] = answers_until(told["offer"]["looks"], session.settings.streams)
    told["notes"], told["sentences"] = notes_of(told, lost), sentences_of(told)
    blind = {"notes": notes_of(told, lost, streams=False), "sentences": sentences_of(told, streams=False)}
    told["blind"] = blind
    return _plain(told)


def given(state: Any) -> dict[str, int]:
    """What people gave, of the answers that are not taken back: ``answered`` galaxies in so many ``answers``
    of so many ``people``, and galaxies that were named as ``examples``, which are none of those answers.
    """
    live = [event for events in state.all_live().values() for event in events]
    asked = [event for event in live if event.stream != "example"]
    return {
        "answered": len({event.galaxy_id for event in asked}),
        "answers": len(asked),
        "people": len({event.annotator for event in asked}),
        "examples": len({event.galaxy_id for event in live if event.stream == "example"}),
    }


def _of_pools(audits: list[Audited], known: Known) -> dict[str, Any]:
    told: dict[str, Any] = {"whole": None, "inside": None, "by_rank": []}
    ready = [a for a in audits if a.speaks]
    if not ready:
        return told
    told["whole"] = _pool([a.count for a in ready], ready[-1], NOWHERE, known)
    halves = [a for a in ready if a.half_answered]
    if halves:
        last = halves[-1]
        # a closing audit has one stratum inside the pool: what a rank would give is told by others
        by_rank = next((a for a in reversed(halves) if a.design.closing is None), last)
        told["by_rank"] = [_down_to(by_rank, h + 1, known) for h in range(len(by_rank.design.ends))]
        told["inside"] = _down_to(last, last.design.near, known) | {"audit": last.design.number}
    return told


def _down_to(audit: Audited, strata: int, known: Known) -> dict[str, Any]:
    """What the first strata hold, and what taking all of them would give."""
    told = _pool([audit.within(strata, known.positives)], audit, strata, known)
    return told | {"precision": precision(told["total"], max(audit.pool(strata), 1))}


def _pool(counts: list[AuditCount], audit: Audited, strata: int, known: Known) -> dict[str, Any]:
    """Of the galaxies in the first strata of an audit, by the counts of it and of others."""
    found, pool, unseen = known.found(audit, strata), audit.pool(strata), known.unseen(audit, strata)

    def total_at(level: float) -> Estimate:
        total = total_positives(counts, found, unseen=unseen, level=level)
        assert total is not None  # at least one is ready, and so are its first strata
        return total

    told = _seen_as(total_at(known.level), found, pool)
    with_eye = None
    if known.eye is not None:
        total = seen_total(total_at, found, known.eye, pool=pool, level=known.level)
        with_eye = _seen_as(total, found, pool)
    return {"pool": pool, "found": found, "unseen": unseen, **told, "with_eye": with_eye}


def _seen_as(total: Estimate, found: int, pool: int) -> dict[str, Estimate]:
    return {
        "total": total,
        "left": left(total, found),
        "completeness": completeness(total, found),
        "prevalence": prevalence(total, max(pool, 1)),
    }


def _of_people(state: Any, question: Any, level: float) -> tuple[EyeRate | None, dict[str, Any]]:
    """The hit rate where enough known positives were shown, and all that second looks and gold tell."""
    (gold, _), usable = eyes_of(state, question), eye_of(state, question)
    alarms, shown = false_alarms(state, question)
    looks = [
        second == question.positive for first, second in second_looks(state) if first == question.positive
    ]
    return usable, {
        "eye": None if usable is None else _eye(usable, level),
        "gold": {"positives": gold.hits, "of": gold.shown, "false_alarms": alarms, "of_others": shown},
        "confirmed": _share(sum(looks), len(looks), level),
        "false_alarm_rate": _share(alarms, shown, level),
    }


def _eye(eye: EyeRate, level: float) -> dict[str, Any]:
    return {"source": eye.source, "hits": eye.hits, "shown": eye.shown, "rate": eye.interval(level)}


def _share(hits: int, n: int, level: float) -> dict[str, Any] | None:
    if not n:
        return None
    low, high = clopper_pearson(hits, n, level)
    return {"hits": hits, "of": n, "rate": Estimate(hits / n, low, high, level)}


def _certainty(audits: list[Audited], known: Known) -> dict | None:
    """What it would cost to certify a completeness of `WANTED` inside the candidate pool, by looks without a
    hit.
    """
    if not audits:
        return None
    last = audits[-1]
    strata = last.design.near
    found, unseen = known.found(last, strata), known.unseen(last, strata)
    return {
        "completeness": WANTED,
        "inside": last.pool(strata),
        "found": found,
        "unseen": unseen,
        "looks": certainty_looks(found, unseen, WANTED, known.level),
    }


def _facts(audit: Audited) -> dict[str, Any]:
    design, count = audit.design, audit.count
    return {
        "number": design.number,
        "at": design.at,
        "head_version": design.head_version,
        "planned": audit.planned,
        "answered": audit.answered,
        "counted": count.size,
        "hits": int(count.hits.sum()),
        "closing": design.closing is not None,
        "unsure": audit.unsure,
        "skipped": audit.skipped,
        "reopened": int(count.reopened.sum()),
        "ready": audit.speaks,
        "strata": [
            {"to_rank": int(end), "frame": int(u), "asked": int(n), "hits": int(x)}
            for end, u, n, x in zip(design.ends, count.frame, count.asked, count.hits, strict=True)
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Estimate):
        return asdict(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value
