"""What a session may claim: precision, completeness, prevalence and number left, each with its interval."""

from dataclasses import asdict
from typing import Any

import numpy as np

from tuningfork.labelling.estimates.audit import completeness, left, precision, prevalence, total_positives
from tuningfork.labelling.estimates.bounds import certainty_looks, clopper_pearson
from tuningfork.labelling.estimates.people import FEWEST_CHECKS, EyeRate, seen_completeness
from tuningfork.labelling.estimates.report import notes_of, sentences_of
from tuningfork.labelling.estimates.weighted import Estimate
from tuningfork.labelling.progress import by_stream
from tuningfork.labelling.streams.counting import Audited, audits_of, eyes_of, false_alarms, second_looks
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
        each None or with ``pool``, ``found``, ``total``, ``left``, ``completeness``, ``prevalence``;
        ``by_rank``: what taking everything down to a rank would give; ``eye``: the person's hit rate;
        ``with_eye``: completeness with it folded in; ``confirmed``: finds that stood a second look;
        ``audits``, ``streams``, ``certainty``, ``sentences`` to print and ``notes`` on what they rest on.
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
        "answers": len(current),
        "found": len(positives),
        "level": level,
        "streams": by_stream(list(current.values()), question.positive),
        "audits": [_facts(a) for a in audits],
    }
    told |= _of_pools(audits, positives, level)
    with session.log.view() as state:
        told |= _of_people(state, question, told, audits, positives)
    told["certainty"] = _certainty(audits, positives, current, row_of, level)
    told["notes"] = notes_of(told, lost)
    told["sentences"] = sentences_of(told)
    return _plain(told)


def _of_pools(audits: list[Audited], positives: dict[str, int], level: float) -> dict[str, Any]:
    told: dict[str, Any] = {"whole": None, "inside": None, "by_rank": []}
    ready = [a for a in audits if a.count.ready]
    if not ready:
        return told
    last = ready[-1]
    found = _found(last, positives, NOWHERE)
    total = total_positives([a.count for a in ready], found, level=level)
    assert total is not None  # at least one is ready
    told["whole"] = _pool(total, found, last.pool(NOWHERE))
    halves = [a for a in ready if 2 * a.answered >= a.planned]
    if halves:
        last = halves[-1]
        told["by_rank"] = [_down_to(last, h + 1, positives, level) for h in range(len(last.design.ends))]
        strata = int(np.searchsorted(last.design.ends, last.design.inside)) + 1
        told["inside"] = told["by_rank"][strata - 1] | {"audit": last.design.number}
    return told


def _down_to(audit: Audited, strata: int, positives: dict[str, int], level: float) -> dict[str, Any]:
    """What the first strata hold, and what taking all of them would give."""
    found, pool = _found(audit, positives, strata), audit.pool(strata)
    total = total_positives([audit.within(strata, positives)], found, level=level)
    assert total is not None  # an audit that is ready has an answer in each of its strata
    return _pool(total, found, pool) | {"precision": precision(total, max(pool, 1))}


def _pool(total: Estimate, found: int, pool: int) -> dict[str, Any]:
    return {
        "pool": pool,
        "found": found,
        "total": total,
        "left": left(total, found),
        "completeness": completeness(total, found),
        "prevalence": prevalence(total, max(pool, 1)),
    }


def _found(audit: Audited, positives: dict[str, int], strata: int) -> int:
    rows = [row for row in positives.values() if row < len(audit.codes)]
    return int((audit.codes[rows] < strata).sum()) if rows else 0


def _of_people(state: Any, question: Any, told: dict, audits: list[Audited], positives: dict) -> dict:
    level = told["level"]
    gold, repeat = eyes_of(state, question)
    eye = gold if gold.shown >= FEWEST_CHECKS else repeat
    usable = eye.shown >= FEWEST_CHECKS
    alarms, shown = false_alarms(state, question)
    looks = [
        second == question.positive for first, second in second_looks(state) if first == question.positive
    ]
    result: dict[str, Any] = {
        "eye": _eye(eye, level) if usable else None,
        "gold": {"positives": gold.hits, "of": gold.shown, "false_alarms": alarms, "of_others": shown},
        "confirmed": _share(sum(looks), len(looks), level),
        "false_alarm_rate": _share(alarms, shown, level),
        "with_eye": None,
    }
    ready = [a.count for a in audits if a.count.ready]
    if usable and ready:
        found = told["whole"]["found"]
        result["with_eye"] = seen_completeness(
            lambda at: total_positives(ready, found, level=at), found, eye, level=level
        )
    return result


def _eye(eye: EyeRate, level: float) -> dict[str, Any]:
    return {"source": eye.source, "hits": eye.hits, "shown": eye.shown, "rate": eye.interval(level)}


def _share(hits: int, n: int, level: float) -> dict[str, Any] | None:
    if not n:
        return None
    low, high = clopper_pearson(hits, n, level)
    return {"hits": hits, "of": n, "rate": Estimate(hits / n, low, high, level)}


def _certainty(
    audits: list[Audited], positives: dict, current: dict, row_of: dict, level: float
) -> dict | None:
    """What it would cost to certify a completeness of `WANTED` inside the candidate pool, by looks without a
    hit.
    """
    if not audits:
        return None
    last = audits[-1]
    strata = int(np.searchsorted(last.design.ends, last.design.inside)) + 1
    rows = [row_of[i] for i, e in current.items() if i in row_of and e.answer != "skip"]
    seen = int((last.codes[[r for r in rows if r < len(last.codes)]] < strata).sum()) if rows else 0
    found, unseen = _found(last, positives, strata), last.pool(strata) - seen
    return {
        "completeness": WANTED,
        "inside": last.pool(strata),
        "found": found,
        "unseen": unseen,
        "looks": certainty_looks(found, unseen, WANTED, level),
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
        "unsure": audit.unsure,
        "skipped": audit.skipped,
        "reopened": int(count.reopened.sum()),
        "ready": count.ready,
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
