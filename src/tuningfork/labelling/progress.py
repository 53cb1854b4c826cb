"""How a session goes, from its current answers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from tuningfork.labelling.events import Event
from tuningfork.labelling.question import Question

__all__ = ["by_stream", "progress_of", "told_of"]

_PAUSE = 60.0  # seconds: a longer gap between two answers is a break, not labelling
_CURVE_POINTS = 200


def progress_of(events: Sequence[Event], question: Question) -> dict:
    """Numbers for the page.

    Parameters
    ----------
    events : sequence of Event
        The current answers, in order.
    question : Question
        Says which answer is a find.

    Returns
    -------
    dict
        ``answers`` (one a galaxy, examples not counted), ``examples``, ``found``, ``found_last_50``,
        ``by_answer`` {answer: count}, ``curve`` [[answers, found], ...] of at most 200 points, ``seconds``
        of labelling (gaps longer than a minute are breaks) and ``rates`` {"finds_per_100",
        "answers_per_minute"}.
    """
    asked = [e for e in events if e.shown.get("stream") != "example"]
    finds = [e.answer == question.positive for e in asked]
    return told_of(asked, finds, question, examples=len(events) - len(asked))


def told_of(asked: Sequence[Event], finds: Sequence[bool], question: Question, *, examples: int) -> dict:
    """The numbers of `progress_of`, from answers in order and which of them count as a find."""
    seconds = _active_seconds([e.at for e in asked])
    counted = Counter(str(e.answer) for e in asked)
    return {
        "answers": len(asked),
        "examples": examples,
        "found": sum(finds),
        "found_last_50": sum(finds[-50:]),
        "by_answer": {answer: counted[answer] for answer in question.all_answers},
        "curve": _curve(finds),
        "seconds": round(seconds, 1),
        "rates": {
            "finds_per_100": round(100 * sum(finds) / len(finds), 1) if finds else None,
            "answers_per_minute": round(60 * len(asked) / seconds, 1) if seconds > 0 else None,
        },
    }


def by_stream(events: Sequence[Event], positive: str) -> dict[str, dict[str, int]]:
    """{stream: {"answers", "found"}} of the current answers. Not for the page, which is blind to streams."""
    table: dict[str, dict[str, int]] = {}
    for event in events:
        row = table.setdefault(str(event.stream or "other"), {"answers": 0, "found": 0})
        row["answers"] += 1
        row["found"] += event.answer == positive
    return table


def _curve(finds: Sequence[bool]) -> list[list[int]]:
    step = max(1, -(-len(finds) // _CURVE_POINTS))
    total, points = 0, [[0, 0]]
    for number, find in enumerate(finds, start=1):
        total += find
        if number % step == 0 or number == len(finds):
            points.append([number, total])
    return points


def _active_seconds(times: Sequence[str]) -> float:
    moments = [datetime.fromisoformat(t).timestamp() for t in times]
    gaps = (later - earlier for earlier, later in pairwise(moments))
    return sum(gap for gap in gaps if 0 <= gap <= _PAUSE)
