"""What may stand in a row of the label log: counters, names and plain JSON."""

import json

from tuningfork.errors import UsageError
from tuningfork.labelling.events import Event

__all__ = ["as_json", "checked_name", "checked_seq", "same_act", "told_columns"]

_LONGEST_SHOWN = 8_000  # characters of JSON; what a page knows about one tile is a few hundred
_LARGEST_SEQ = 2**53  # the largest whole number that JSON of a browser keeps


def checked_seq(seq: int) -> int:
    """A client's own counter, a whole number from 0."""
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= _LARGEST_SEQ:
        raise UsageError(f"client_seq must be a whole number from 0 to 2^53, not {seq!r}")
    return seq


def checked_name(name: str, what: str) -> str:
    """A short printable name."""
    if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
        raise UsageError(f"{what} must be 1 to 100 printable characters")
    return name


def as_json(shown: dict | None) -> str:
    """An object as JSON text; raises `UsageError` for what is not plain or too long."""
    try:
        text = json.dumps(shown or {}, allow_nan=False, ensure_ascii=False)
        text.encode()  # half of a surrogate pair is no text, and no database keeps it
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"'shown' must be plain JSON ({error})") from error
    if not isinstance(shown or {}, dict) or len(text) > _LONGEST_SHOWN:
        raise UsageError(f"'shown' must be an object of at most {_LONGEST_SHOWN:,} characters")
    return text


def same_act(first: Event, kind: str, galaxy_id: str | None, answer: str | None, annotator: str) -> None:
    """Refuse a number that was used for another act."""
    if (first.kind, first.galaxy_id, first.answer, first.annotator) != (kind, galaxy_id, answer, annotator):
        raise UsageError(
            f"client_seq {first.client_seq} was used already for another {first.kind}",
            where=f"client {first.client_id}",
            remedy="Count on, and keep one number for one act",
        )


def told_columns(shown: dict | None) -> dict:
    """The columns that say why a galaxy was asked; what does not fit them stays in the JSON alone."""
    told = shown if isinstance(shown, dict) else {}
    stream, design, probability = (told.get(name) for name in ("stream", "design", "probability"))
    number = isinstance(probability, int | float) and not isinstance(probability, bool)
    return {
        "stream": stream if isinstance(stream, str) and len(stream) <= 20 else None,
        "design": design
        if isinstance(design, int) and not isinstance(design, bool) and abs(design) < 2**31
        else None,
        "probability": float(probability) if number else None,
    }
