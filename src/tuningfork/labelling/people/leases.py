"""What was put before whom and when: a record for ever, and a lease that ends by itself."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tuningfork.labelling.database import offers_table
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.log_checks import as_json, checked_name

__all__ = ["Leases", "Offer"]

_GIVEN_BACK, _RENEWED = '{"given_back": true}', '{"renewed": true}'
"""In `shown` of a row that puts nothing before anybody, but ends a lease early or makes it longer."""


@dataclass(frozen=True)
class Offer:
    """A galaxy that was put before a person: by which page, when, why (``shown``), and kept until when."""

    offer_id: int
    galaxy_id: str
    annotator: str
    client_id: str
    at: str
    expires: float
    shown: dict


class Leases:
    """The offers of one session, shared by all processes that serve it.

    Parameters
    ----------
    log : LabelLog
        Whose database holds them.
    seconds : float
        How long a galaxy is kept for who got it.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, log: LabelLog, *, seconds: float = 600, clock: Callable[[], float] = time.time):
        self._log, self._clock = log, clock
        self.seconds = seconds
        self._last = 0
        self._live: dict[tuple[str, str, str], float] = {}  # galaxy, person, page -> expires

    def held(self, person: str, client_id: str | None) -> dict[str, set[str]]:
        """Galaxy id -> who else holds it; another page of the same person counts as somebody else, under the
        name "" .
        """
        with self._log.view(), self._log.reading() as connection:
            return self._held(connection, person, client_id)

    def claim(
        self,
        choices: list[Any],
        *,
        person: str,
        client_id: str,
        closed: Callable[[dict[str, set[str]]], set[str]],
    ) -> list[Any]:
        """Write down what is handed out, and give back what nobody took in between.

        Parameters
        ----------
        choices : list of Choice
            Galaxies chosen for this page.
        closed : callable
            ``closed(held)`` gives the galaxies that need no answer of this person, by the log of this moment.
            Galaxies of the streams "gold" and "repeat" are meant for this person, and refused only while
            another page of theirs holds them.
        """
        checked_name(person, "annotator"), checked_name(client_id, "client_id")
        with self._log.writing() as connection:
            held = self._held(connection, person, client_id)
            elsewhere = {i for i, who in held.items() if "" in who}
            shut, own = closed(held) | elsewhere, ("gold", "repeat")
            free = [c for c in choices if c.id not in (elsewhere if c.stream in own else shut)]
            ends = self._clock() + self.seconds
            rows = [self._row(person, client_id, str(c.id), ends, as_json(c.shown())) for c in free]
            if rows:
                connection.execute(offers_table.insert(), rows)
        return free

    def give_back(
        self, person: str, client_id: str, *, keep: Iterable[str] = (), others: bool = False
    ) -> None:
        """End the leases of a page that was closed, so that nobody has to wait for what lay on it.

        Parameters
        ----------
        keep : iterable of str
            Galaxies it still holds: their answers are on the way.
        others : bool
            End those of the person's other pages instead.
        """
        kept = set(keep)
        self._write(
            person,
            lambda galaxy_id, page, _: (page != client_id) == others and galaxy_id not in kept,
            lasts=0,
            shown=_GIVEN_BACK,
        )

    def take_over(self, person: str, before: str, client_id: str, ids: Iterable[str]) -> None:
        """Let a page have what it still holds of the page whose place it takes, anew for the whole time; the
        rest is given back.
        """
        wanted, ends = set(ids), self._clock() + self.seconds
        with self._log.view(), self._log.reading() as connection:
            self._held(connection, person, None)
            mine = [i for i, who, page in self._live if (who, page) == (person, before) and i in wanted]
        if mine:
            with self._log.writing() as connection:
                rows = [self._row(person, client_id, i, ends, _RENEWED) for i in mine]
                connection.execute(offers_table.insert(), rows)
        self.give_back(person, before)

    def renew(self, person: str, client_id: str, ids: Iterable[str]) -> None:
        """Keep for a page what still lies on it, where less than half of the lease is left: who works slowly
        shall not be overtaken.
        """
        wanted = set(ids)
        self._write(
            person,
            lambda galaxy_id, page, left: (
                page == client_id and galaxy_id in wanted and left < self.seconds / 2
            ),
            lasts=self.seconds,
            shown=_RENEWED,
        )

    def offers(self) -> list[Offer]:
        """Everything that was ever put before anybody, in order."""
        mine = offers_table.c.session == self._log.session
        with self._log.reading() as connection:
            rows = connection.execute(
                sa.select(offers_table).where(mine).order_by(offers_table.c.offer_id)
            ).all()
        return [
            Offer(r.offer_id, r.galaxy_id, r.annotator, r.client_id, r.at, r.expires, json.loads(r.shown))
            for r in rows
            if r.shown not in (_GIVEN_BACK, _RENEWED)
        ]

    def reasons(self, person: str, ids: Iterable[str]) -> dict[str, list[dict]]:
        """Galaxy id -> why it was put before a person (``shown``), each time, in order; for a server that was
        started since.
        """
        told: dict[str, list[dict]] = defaultdict(list)
        wanted, columns = sorted(set(ids)), offers_table.c
        mine = (columns.session == self._log.session) & (columns.annotator == person)
        mine &= columns.shown.not_in([_GIVEN_BACK, _RENEWED])
        with self._log.reading() as connection:
            for start in range(0, len(wanted), 500):  # databases limit the number of values in one statement
                part = mine & columns.galaxy_id.in_(wanted[start : start + 500])
                asked = sa.select(columns.galaxy_id, columns.shown).where(part).order_by(columns.offer_id)
                for galaxy_id, shown in connection.execute(asked):
                    told[galaxy_id].append(json.loads(shown))
        return dict(told)

    def _write(
        self, person: str, which: Callable[[str, str, float], bool], *, lasts: float, shown: str
    ) -> None:
        """Let a person's live leases, chosen by galaxy, page and seconds left, end at another time."""
        with self._log.view():
            with self._log.reading() as connection:
                self._held(connection, person, None)
            now = self._clock()
            rows = [
                self._row(person, page, galaxy_id, now + lasts, shown)
                for (galaxy_id, who, page), ends in self._live.items()
                if who == person and which(galaxy_id, page, ends - now)
            ]
            if rows:
                with self._log.writing() as connection:
                    connection.execute(offers_table.insert(), rows)

    def _row(self, person: str, page: str, galaxy_id: str, ends: float, shown: str) -> dict[str, Any]:
        told = {"annotator": person, "client_id": page, "galaxy_id": galaxy_id, "shown": shown}
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {**told, "session": self._log.session, "at": at, "expires": ends}

    def _held(self, connection: sa.Connection, person: str, client_id: str | None) -> dict[str, set[str]]:
        self._catch_up(connection)
        now = self._clock()
        # Clocks of two servers differ, and one may be set back a little: a lease that seems to last longer
        # than it can is kept for the usual time. Much beyond that the clock was wrong when it was given.
        latest = now + self.seconds
        live = self._live.items()
        self._live = {key: min(ends, latest) for key, ends in live if now < ends <= latest + self.seconds}
        held: dict[str, set[str]] = defaultdict(set)
        for galaxy_id, who, page in self._live:
            if who != person:
                held[galaxy_id].add(who)
            elif client_id is not None and page != client_id:
                held[galaxy_id].add("")
        return dict(held)

    def _catch_up(self, connection: sa.Connection) -> None:
        columns = offers_table.c
        later = (columns.session == self._log.session) & (columns.offer_id > self._last)
        rows = connection.execute(
            sa.select(
                columns.offer_id, columns.galaxy_id, columns.annotator, columns.client_id, columns.expires
            )
            .where(later)
            .order_by(columns.offer_id)
        )
        for row in rows:
            self._last = row.offer_id
            self._live[row.galaxy_id, row.annotator, row.client_id] = row.expires
