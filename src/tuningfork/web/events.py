"""What a page sends when something happened on it, read from JSON."""

from dataclasses import dataclass, field
from typing import Any

from tuningfork.images.look import look_of
from tuningfork.web.body import Fields

__all__ = ["MOST_EVENTS", "MOST_ITEMS", "PageEvent", "read_event"]

MOST_EVENTS = 200  # in one request
MOST_ITEMS = 200  # galaxies of one event: the largest page and some
LARGEST_SEQ = 2**53
VIEWS = ("grid", "stream", "similar", "look-back", "review", "map")
LONGEST_PATH = 4000  # characters of the answers to all steps of a form


@dataclass(frozen=True)
class Item:
    """One galaxy of an event: the client's own counter, the opaque name, the place on the page from 0, and
    its path where the galaxies of the event came by several.
    """

    seq: int
    galaxy: str
    position: int
    path: str = ""


@dataclass(frozen=True)
class PageEvent:
    """An answer about one galaxy or about many at once, the last word on some ("settle"), an undo or a redo.

    ``path`` holds the answers to the steps of a form, ``step.option step.option``; the answer follows
    from it.

    ``seq`` is the client's own counter; the items of an answer count on from it. ``shown`` holds what only
    the page knows: view, page size, stretch, seconds, and whether the guess was visible.
    """

    kind: str
    seq: int
    answer: str = ""
    path: str = ""
    items: tuple[Item, ...] = ()
    shown: dict[str, Any] = field(default_factory=dict)


def read_event(value: Any) -> PageEvent:
    """One event from JSON; raises `UsageError` naming the field that is wrong."""
    fields = Fields(value, "event")
    kind = fields.one_of("kind", ("answer", "settle", "undo", "redo"))
    seq = fields.whole("seq", 0, LARGEST_SEQ)
    if kind in ("undo", "redo"):
        return PageEvent(kind, seq)
    items = fields.each("items", _read_item, most=MOST_ITEMS)
    answer, path = fields.text("answer", longest=60), fields.text("path", longest=LONGEST_PATH, default="")
    return PageEvent(kind, seq, answer, path, tuple(items), _read_shown(fields))


def _read_item(value: Any) -> Item:
    fields = Fields(value, "item")
    return Item(
        fields.whole("seq", 0, LARGEST_SEQ),
        fields.text("galaxy", longest=40),
        fields.whole("position", 0, 10_000),
        fields.text("path", longest=LONGEST_PATH, default=""),
    )


def _read_look(text: str) -> str:
    """How the galaxy was shown, as in the addresses of pictures; an earlier page wrote "as is"."""
    return str(look_of(text.replace(" ", "-")))


def _read_shown(fields: Fields) -> dict[str, Any]:
    return {
        "view": fields.one_of("view", VIEWS, default="grid"),
        "columns": fields.whole("columns", 1, 20, default=1),
        "rows": fields.whole("rows", 1, 20, default=1),
        "stretch": _read_look(fields.text("stretch", longest=40, default="as-is")),
        "seconds": round(fields.number("seconds", 0, 86_400, default=0), 3),
        "guess_visible": fields.flag("guess_visible"),
        "answered_at": fields.text("answered_at", longest=40, default=""),
    }
