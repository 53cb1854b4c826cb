"""The page's side of a SAMP link: what others point at becomes a galaxy, and a galaxy what they are shown."""

import threading
from collections import deque
from typing import Any

from tuningfork.collection.samp.heard import HeardPlace, HeardRow
from tuningfork.errors import TuningforkError, UsageError
from tuningfork.web.identifiers import Identifiers

__all__ = ["SampDesk"]

_KEPT = 32  # pieces of news: who sends more in a second is heard in part
_NEAR = 30.0  # arcsec around a place in which a galaxy is meant


class SampDesk:
    """Between a `SampLink` and the page of whoever started the program. May be used from several threads.

    Parameters
    ----------
    link : SampLink or None
        Given later by `take`, when the link itself needs `hear`.
    """

    def __init__(self, collection: Any, identifiers: Identifiers, link: Any = None):
        self._collection, self._names, self._link = collection, identifiers, link
        self._lock = threading.Lock()
        self._news: deque[tuple[int, HeardRow | HeardPlace]] = deque(maxlen=_KEPT)
        self._number = 0
        self._places: Any = None

    def take(self, link: Any) -> None:
        """Use this link."""
        self._link = link

    @property
    def open(self) -> bool:
        """Whether there is a link."""
        return self._link is not None

    def hear(self, what: HeardRow | HeardPlace) -> None:
        """Keep what somebody highlights or points at, until the page asks."""
        with self._lock:
            self._number += 1
            self._news.append((self._number, what))

    def news(self, after: int) -> dict[str, Any]:
        """The latest that was heard after a number: ``number``, and ``galaxy`` (opaque name, or None) with
        ``words`` where there is news.
        """
        with self._lock:
            number, latest = self._number, self._news[-1] if self._news else None
        if latest is None or latest[0] <= after:
            return {"number": number}
        what = latest[1]
        row = self._row(what)
        galaxy = None if row is None else self._names.names([row])[0]
        return {"number": number, "galaxy": galaxy, "words": _words(what, galaxy is not None)}

    def send(self, session: Any) -> list[str]:
        """Send a session's table, all galaxies in it when nothing was answered; names of who has it."""
        table = session.table(all_rows=not session.current_events())
        return self._ready().send(table, f"{self._collection.name}: {session.name}")

    def point(self, name: object) -> list[str]:
        """Show a galaxy in the other programs; says what could be done: "row", "sky"."""
        link = self._ready()
        row, galaxy_id = self._names.resolve(name)
        done = []
        if link.knows(galaxy_id):
            link.highlight(galaxy_id)
            done.append("row")
        told = self._collection.catalogue(columns=("ra", "dec"), rows=[row]).to_pylist()[0]
        if told["ra"] is not None and told["dec"] is not None:
            link.point(told["ra"], told["dec"])
            done.append("sky")
        return done

    def _ready(self) -> Any:
        if self._link is None:
            remedy = "Start the page with --samp"
            raise UsageError("this page is not connected with other programs", remedy=remedy)
        return self._link

    def _row(self, what: HeardRow | HeardPlace) -> int | None:
        try:
            if isinstance(what, HeardRow):
                return int(self._collection.rows_of([what.id])[0])
            return self._nearest(what)
        except TuningforkError:  # it left the collection, or none of them has a position
            return None

    def _nearest(self, place: HeardPlace) -> int | None:
        from tuningfork.collection.sky import positions
        from tuningfork.images.sky import cone

        if self._places is None:
            self._places = positions(self._collection)
        rows, _ = cone(*self._places, place.ra, place.dec, _NEAR)
        return int(rows[0]) if len(rows) else None


def _words(what: HeardRow | HeardPlace, found: bool) -> str:
    if isinstance(what, HeardRow):
        return f"{what.sender} highlights this galaxy" if found else f"{what.sender} highlights a lost galaxy"
    if found:
        return f"{what.sender} points here"
    return f"{what.sender} points at {what.ra:.5f} {what.dec:+.5f}, where no galaxy of this collection lies"
