"""What a session says of closing audits: how the last one stands, and when another would decide."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.labelling.estimates.closing import (
    aimed_at,
    checks_needed,
    closing_size,
    completeness_at_least,
    level_of_closing,
    runs_dry,
)
from tuningfork.labelling.events import Event
from tuningfork.labelling.known import Known
from tuningfork.labelling.streams.book import Design
from tuningfork.labelling.streams.counting import Audited

__all__ = ["closing_told", "hunted_finds", "offer_told"]

_TOLD = ("running", "shown")  # states by which one is looked up


def closing_told(audits: Sequence[Audited], known: Known, designs: Sequence[Design]) -> dict[str, Any]:
    """How closing audits stand.

    Returns
    -------
    dict
        ``shown``: the one that shows the highest target, the last among equals; ``running``: the one that
        runs; ``closing``: the one to go by, which is the last, or ``shown`` where that has shown as much or
        more. So a lower target that was shown does not hide that a higher one failed. What was called off
        tells nothing: somebody who saw its answers chose its end. Each is None without one, or has
        ``audit`` (the design's number), ``number`` (its place among closing ones), ``completeness`` and
        ``level`` (what is to be shown, how surely), ``inside``, ``looks`` (drawn there), ``answered`` of
        ``planned``, ``hits`` inside, ``state`` ("running", "shown", "not shown", "futile") and
        ``at_least``: the one-sided bound of the completeness by this audit, None while it runs.
    """
    number = designs[-1].number if designs else 0
    kept = [a for a in audits if a.ended or a.futile or a.design.number == number]
    told = [_standing(a, known) for a in kept if a.design.closing is not None]
    by_state = {state: [one for one in reversed(told) if one["state"] == state] for state in _TOLD}
    best = max(by_state["shown"], key=lambda one: one["completeness"], default=None)
    last = told[-1] if told else None
    outlives = best is not None and last is not None and best["completeness"] >= last["completeness"]
    running = next(iter(by_state["running"]), None)
    return {"closing": best if outlives else last, "running": running, "shown": best}


def _standing(audit: Audited, known: Known) -> dict[str, Any]:
    closing, near = audit.design.closing, audit.design.near
    assert closing is not None
    over = audit.ended or audit.futile
    at_least = None
    if over:
        at_least = completeness_at_least(
            audit.within(near, known.positives),
            known.found(audit, near),
            unseen=known.unseen(audit, near),
            pool=audit.pool(near),
            eye=known.eye,
            level=closing.level,
        )
    if not over:
        state = "running"
    elif audit.ended and at_least is not None and at_least >= closing.completeness:
        state = "shown"
    else:
        state = "futile" if audit.futile else "not shown"
    return {
        "audit": audit.design.number,
        "at": audit.design.at,
        "number": closing.number,
        "completeness": closing.completeness,
        "level": closing.level,
        "inside": audit.pool(near),
        "looks": closing.looks,
        "planned": audit.planned,
        "answered": audit.answered,
        "hits": int(audit.count.hits[:near].sum()),
        "unseen": known.unseen(audit, near),
        "with_eye": known.eye is not None,
        "state": state,
        "at_least": at_least,
    }


def hunted_finds(current: dict[str, Event], positive: str) -> np.ndarray:
    """Which of the galaxies that the hunt chose by their scores are finds, in the order of the answers."""
    hunted = [e for e in current.values() if e.stream == "hunt" and e.answer != "skip"]
    return np.array([e.answer == positive for e in hunted], bool)


def offer_told(
    audits: Sequence[Audited],
    known: Known,
    told: dict[str, Any],
    designs: Sequence[Design],
    hunted: np.ndarray,
    target: float,
) -> dict[str, Any] | None:
    """What a closing audit would cost, once finds run dry; see `runs_dry`.

    By the candidate pool of the latest audit: the audit itself is drawn from the newest ranking and may be a
    little larger or smaller. After one that failed, finds run dry again only when its own estimate of the
    completeness has come half-way from the target to 1.

    Returns
    -------
    dict or None
        ``completeness``, ``inside``, ``found``, ``unseen``, ``skipped`` (of these), ``number`` and ``level``
        as they would be, and ``looks`` inside the pool with their ``power``; both None where too many were
        skipped, or too little is known of the eye, which would need so many known positives: ``needed``.
    """
    runs = told["running"] is not None
    if not audits or runs or (told["shown"] is not None and told["shown"]["completeness"] >= target):
        return None
    last, near = audits[-1], audits[-1].design.near
    found, unseen = known.found(last, near), known.unseen(last, near)
    skipped = known.skipped(last, near)
    if unseen <= skipped or not runs_dry(found, unseen, hunted, target):
        return None
    if _still_fails(audits, known, told, target):
        return None
    number = 1 + sum(d.closing is not None for d in designs)
    about = {"pool": last.pool(near), "target": target, "level": level_of_closing(number)}
    sized = closing_size(found, unseen - skipped, skipped=skipped, eye=known.eye, **about)
    by_eye = sized is None and closing_size(found, unseen - skipped, eye=known.eye, **about) is None
    return {
        "completeness": target,
        "inside": about["pool"],
        "found": found,
        "unseen": unseen,
        "skipped": skipped,
        "number": number,
        "level": about["level"],
        "looks": None if sized is None else sized.looks,
        "power": None if sized is None else sized.power,
        "needed": checks_needed(found, **about) if by_eye else None,
        "eye": None if known.eye is None else {"hits": known.eye.hits, "shown": known.eye.shown},
    }


def _still_fails(audits: Sequence[Audited], known: Known, told: dict[str, Any], target: float) -> bool:
    """Whether the latest numbers are those of a closing audit by which too much is missing; of however few
    hits, since nobody is told this number.
    """
    inside, closing = told["inside"], told["closing"]
    if closing is None or (inside is not None and inside["audit"] > closing["audit"]):
        return False
    audit = next(a for a in audits if a.design.number == closing["audit"])
    near = audit.design.near
    count = audit.within(near, known.positives)
    total = count.known + float((count.hits * count.frame / np.maximum(count.asked, 1)).sum())
    return known.found(audit, near) < aimed_at(target) * total
