"""The append-only label log in SQL: SQLite in the session's folder, PostgreSQL by URL.

An answer is acknowledged when it is durable. Nothing is ever updated or deleted; undoing is an event.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from tuningfork.errors import UsageError
from tuningfork.labelling.acts import Ack, NewAnswer, Undone
from tuningfork.labelling.database import (
    clear_errors,
    connect,
    events_table,
    place_of,
    sessions_table,
)
from tuningfork.labelling.events import Event, State
from tuningfork.labelling.log_checks import as_json, checked_name, checked_seq, same_act, told_columns
from tuningfork.labelling.migrations import prepare
from tuningfork.labelling.read_only import copied_log, is_read_only

__all__ = ["Ack", "LabelLog", "NewAnswer", "Undone", "checked_name"]

_AFTER = (  # made once: it is asked several times for every answer
    sa.select(events_table)
    .where(events_table.c.session == sa.bindparam("of"), events_table.c.event_id > sa.bindparam("after"))
    .order_by(events_table.c.event_id)
)


class LabelLog:
    """The events of one session.

    Parameters
    ----------
    database : Path or str
        A file for SQLite, or a database URL as SQLAlchemy reads it.
    session, question : str
        Written into every row.
    reading : bool
        Nothing will be answered: where the file's folder may not be written, a copy is read.

    Raises
    ------
    CollectionError
        When the file is not a database or is damaged.
    TuningforkError
        When the database cannot be reached or written.
    """

    def __init__(self, database: Path | str, *, session: str, question: str, reading: bool = False):
        self.session, self.question = session, question
        self._where = place_of(database)
        self._aside = None
        if reading and isinstance(database, Path) and is_read_only(database.parent):
            self._aside = copied_log(database)
            database = Path(self._aside.name) / database.name
        self._engine = connect(database)
        self._writer = self._engine.execution_options(writes=True)
        self._lock = threading.RLock()
        self._state = State()
        with clear_errors(self._where):
            self.copy = prepare(self._engine, self._writer, self._where)  # of a log of an older format
            self._register()
            with self._engine.connect() as connection:
                self._catch_up(connection)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        if self._aside is not None:
            self._aside.cleanup()

    def append(self, answers: Sequence[NewAnswer], *, client_id: str, annotator: str) -> list[Ack]:
        """Write answers as one action in one transaction; durable when it returns.

        A retry, known by (client_id, client_seq), adds nothing and gets the first acknowledgement. Raises
        `UsageError` when the same pair comes with another answer: that would be two acts under one number.
        """
        if not answers:
            return []
        self._refuse_in_a_copy()
        seqs = [checked_seq(a.client_seq) for a in answers]
        if len(set(seqs)) < len(seqs):
            raise UsageError("client_seq is repeated within one request", where=f"client {client_id}")
        checked_name(client_id, "client_id"), checked_name(annotator, "annotator")
        with self._writing() as connection:
            first = self._known(connection, client_id, seqs)
            # named after the first answer that is new: under the name of an earlier action it would be undone
            # or revoked with that one, even before it came
            action = f"{client_id}/{next((s for s in seqs if s not in first), seqs[0])}"
            for answer in answers:
                if answer.client_seq in first:
                    same_act(
                        first[answer.client_seq], answer.kind, answer.galaxy_id, answer.answer, annotator
                    )
            new = [
                self._row(
                    client_id,
                    a.client_seq,
                    annotator,
                    a.kind,
                    action,
                    a.shown,
                    galaxy_id=a.galaxy_id,
                    answer=a.answer,
                )
                for a in answers
                if a.client_seq not in first
            ]
            if new:
                connection.execute(events_table.insert(), new)
                first |= self._known(connection, client_id, [row["client_seq"] for row in new])
        added = {row["client_seq"] for row in new}
        return [Ack(first[s].event_id, s not in added, first[s].at) for s in seqs]

    def undo(self, *, client_id: str, client_seq: int, annotator: str) -> Undone | None:
        """Take back the annotator's own last live action; None when there is none. That is logged as well, so
        that a retry which comes late takes nothing else back.
        """
        return self._turn("undo", client_id, client_seq, annotator)

    def redo(self, *, client_id: str, client_seq: int, annotator: str) -> Undone | None:
        """Bring back the action the annotator undid last; None when there is none or they have answered
        since.
        """
        return self._turn("redo", client_id, client_seq, annotator)

    def revoke(self, about: dict, *, client_id: str, client_seq: int, annotator: str) -> Event:
        """Let a span of one person's events count for nothing: ``about`` holds ``annotator`` and optionally
        ``since`` and ``until`` (event ids) and ``reason``. Nothing is deleted.
        """
        return self._act("revoke", about, None, client_id, client_seq, annotator)

    def restore(self, revocation: str, *, client_id: str, client_seq: int, annotator: str) -> Event:
        """Take a revocation back, named by its ``action``."""
        with self.view() as state:
            if revocation not in state.revocations():
                raise UsageError(f"'{revocation}' is no revocation that still holds")
        return self._act("restore", None, revocation, client_id, client_seq, annotator)

    @contextmanager
    def view(self) -> Iterator[State]:
        """The state of this moment, for reading only; held for as long as the block runs."""
        with self._lock, clear_errors(self._where):
            with self._engine.connect() as connection:
                self._catch_up(connection)
            yield self._state

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction that alone writes to this session, for tables beside the events."""
        with self._writing() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that reads."""
        with clear_errors(self._where), self._engine.connect() as connection:
            yield connection

    def current(self, kind: str = "answer") -> dict[str, Event]:
        """Galaxy id -> the event that holds its current answer, in the order in which those were given."""
        with self._lock, clear_errors(self._where), self._engine.connect() as connection:
            self._catch_up(connection)
            return self._state.current(kind)

    def events(self) -> list[Event]:
        """The whole log of this session, undone answers and undos included, in order of arrival."""
        with clear_errors(self._where), self._engine.connect() as connection:
            return [_event(row) for row in self._rows_after(connection, 0)]

    def _act(
        self,
        kind: str,
        shown: dict | None,
        undoes: str | None,
        client_id: str,
        client_seq: int,
        annotator: str,
    ) -> Event:
        self._refuse_in_a_copy()
        checked_name(client_id, "client_id"), checked_name(annotator, "annotator")
        seq = checked_seq(client_seq)
        with self._writing() as connection:
            first = self._known(connection, client_id, [seq]).get(seq)
            if first is not None:
                same_act(first, kind, None, None, annotator)
                return first
            row = self._row(client_id, seq, annotator, kind, f"{client_id}/{seq}", shown, undoes=undoes)
            connection.execute(events_table.insert(), [row])
            return self._known(connection, client_id, [seq])[seq]

    def _turn(self, kind: str, client_id: str, client_seq: int, annotator: str) -> Undone | None:
        self._refuse_in_a_copy()
        checked_name(client_id, "client_id"), checked_name(annotator, "annotator")
        seq = checked_seq(client_seq)
        with self._writing() as connection:
            first = self._known(connection, client_id, [seq]).get(seq)
            if first is not None:
                same_act(first, kind, None, None, annotator)
            else:
                action = (
                    self._state.undoable(annotator) if kind == "undo" else self._state.redoable(annotator)
                )
                row = self._row(client_id, seq, annotator, kind, f"{client_id}/{seq}", None, undoes=action)
                connection.execute(events_table.insert(), [row])
            event = first or self._known(connection, client_id, [seq])[seq]
        if event.undoes is None:
            return None
        members = self._state.members(event.undoes)
        pairs = tuple((str(m.galaxy_id), str(m.answer)) for m in members)
        return Undone(event.event_id, event.undoes, pairs, event.at, duplicate=first is not None)

    def _refuse_in_a_copy(self) -> None:
        if self._aside is not None:
            raise UsageError("this log was opened for reading only", where=self._where)

    @contextmanager
    def _writing(self):
        """One transaction that alone writes to this session, with the state brought up to date before and
        after.
        """
        with self._lock, clear_errors(self._where):
            with self._writer.begin() as connection:
                # PostgreSQL waits here for other writers, so that events become visible in the order of
                # their numbers; SQLite has taken its writer lock at BEGIN IMMEDIATE
                mine = sa.select(sessions_table.c.session).where(sessions_table.c.session == self.session)
                connection.execute(mine.with_for_update()).all()
                self._catch_up(connection)
                yield connection
            with self._engine.connect() as connection:
                self._catch_up(connection)

    def _register(self) -> None:
        try:
            with self._writer.begin() as connection:
                connection.execute(sessions_table.insert(), {"session": self.session})
        except sa.exc.IntegrityError:
            pass  # it is there already

    def _catch_up(self, connection: sa.Connection) -> None:
        for row in self._rows_after(connection, self._state.last_id):
            self._state.apply(_event(row))

    def _rows_after(self, connection: sa.Connection, event_id: int) -> sa.CursorResult:
        return connection.execute(_AFTER, {"of": self.session, "after": event_id})

    def _known(self, connection: sa.Connection, client_id: str, seqs: list[int]) -> dict[int, Event]:
        found: dict[int, Event] = {}
        for start in range(0, len(seqs), 500):  # databases limit the number of values in one statement
            part = (events_table.c.client_id == client_id) & events_table.c.client_seq.in_(
                seqs[start : start + 500]
            )
            for row in connection.execute(sa.select(events_table).where(part)):
                if row.session != self.session:  # a shared database: this act would never reach this session
                    raise UsageError(
                        f"client_seq {row.client_seq} was used already in session '{row.session}'",
                        where=f"client {client_id}",
                        remedy="Give every session a client_id of its own",
                    )
                found[row.client_seq] = _event(row)
        return found

    def _row(
        self, client_id: str, seq: int, annotator: str, kind: str, action: str, shown: dict | None, **about
    ) -> dict:
        row = {"galaxy_id": None, "answer": None, "undoes": None} | about
        return row | {
            "client_id": client_id,
            "client_seq": seq,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "session": self.session,
            "annotator": annotator,
            "kind": kind,
            "action": action,
            "question": self.question,
            "shown": as_json(shown),
            **told_columns(shown),
        }


def _event(row: sa.Row) -> Event:
    facts = {name: getattr(row, name) for name in Event.__dataclass_fields__ if name != "shown"}
    return Event(**facts, shown=json.loads(row.shown))
