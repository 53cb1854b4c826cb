"""Who is on the team and may do what; invitations by a secret that is kept only as a hash."""

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.database import clear_errors, connect, people_table, place_of
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.log_checks import checked_name
from tuningfork.labelling.settings import session_folder

__all__ = ["IMPORTED", "ROLES", "Member", "Members", "gave_out"]

ROLES = ("viewer", "annotator", "adjudicator", "owner")
"""Each may do what those before it may: look; answer; have the last word; invite, set roles and revoke."""

IMPORTED = "zooniverse:"
"""Before the names of people whose answers were taken in from elsewhere: nobody joins under such a name."""

_NOBODY = "removed"
_NAMING = ("role", "join")  # kinds of rows that say who somebody is

_OF_SESSION = (  # made once: it is asked for every request
    sa.select(people_table)
    .where(people_table.c.session == sa.bindparam("of"))
    .order_by(people_table.c.entry_id)
)


@dataclass(frozen=True)
class Member:
    """A person of the team, with the role that holds now, and who gave it when."""

    name: str
    role: str
    by: str
    at: str


class Members:
    """The people of one session; append-only, like the answers.

    While nobody was ever named, the session is one person's own and everything is allowed. The first one
    named must be an owner, and there is always one.

    Parameters
    ----------
    log : LabelLog
        Whose database holds them.
    own : str, optional
        Under which name the session itself answers: whoever joined under it would be taken for its host.
    """

    def __init__(self, log: LabelLog, *, own: str | None = None, clock: Callable[[], float] = time.time):
        self._log, self._own, self._clock = log, own, clock

    def all(self) -> list[Member]:
        """Everybody with a role, by name."""
        with self._log.reading() as connection:
            return sorted(_standing(self._rows(connection)).values(), key=lambda m: m.name)

    def removed(self) -> list[Member]:
        """Everybody who had a role once and has none now, by name, with the role they had last."""
        with self._log.reading() as connection:
            rows = self._rows(connection)
        here = _standing(rows)
        had = {
            r.name: Member(r.name, r.role, r.by, r.at)
            for r in rows
            if r.kind in _NAMING and r.role != _NOBODY and r.name not in here
        }
        return sorted(had.values(), key=lambda m: m.name)

    def role_of(self, name: str) -> str | None:
        """The role that holds; "owner" for everybody while there is no team; None for a stranger."""
        with self._log.reading() as connection:
            return _role(self._rows(connection), name)

    def require(self, name: str, role: str) -> None:
        """Raise `UsageError` unless this person may do what the role may."""
        with self._log.reading() as connection:
            self._check(self._rows(connection), name, role)

    def _check(self, rows: list[sa.Row], name: str, role: str) -> None:
        held = _role(rows, name)
        if held is None or ROLES.index(held) < ROLES.index(role):
            raise UsageError(
                f"'{name}' is {f'only {held}' if held else 'not'} in this session",
                where=self._log.session,
                remedy=f"An owner can make '{name}' {role}",
            )

    def set_role(self, name: str, role: str, *, by: str) -> None:
        """Give a role, or "removed"; the last owner keeps theirs."""
        if role not in (*ROLES, _NOBODY):
            raise UnknownNameError("role", str(role), (*ROLES, _NOBODY))
        checked_name(name, "name")
        with self._log.writing() as connection:
            rows = self._rows(connection)
            self._check(rows, by, "owner")  # here: they may have lost the role a moment ago
            members = _standing(rows)
            owners = {m.name for m in members.values() if m.role == "owner"}
            if role != "owner" and not owners - {name}:
                raise UsageError("a team needs an owner", remedy="Name another owner first")
            self._add(connection, "role", name=name, role=role, by=by)

    def invite(self, role: str, *, by: str, days: float = 7.0) -> str:
        """A secret that one person may use once to join; only its hash is kept. It ends when who made it is
        no owner any more.

        Parameters
        ----------
        role : str
            What they will be.
        days : float
            How long it holds, above 0 to 365.
        """
        if role not in ROLES:
            raise UnknownNameError("role", str(role), ROLES)
        if not 0 < days <= 365:
            raise UsageError("an invitation holds for more than 0 and at most 365 days")
        token = secrets.token_urlsafe(32)
        with self._log.writing() as connection:
            rows = self._rows(connection)
            self._check(rows, by, "owner")
            if not _standing(rows):
                self._add(connection, "role", name=by, role="owner", by=by)  # whoever invites first owns it
            expires = self._clock() + days * 86_400
            self._add(connection, "invite", role=role, by=by, token_hash=_hash(token), expires=expires)
        return token

    def join(self, token: str, name: str) -> Member:
        """Turn an invitation into a person of the team; the invitation ends with it.

        A name is taken for ever: that of a member who was removed, and that of anybody who ever answered,
        since with the name go the answers. An owner may let somebody back under it (`set_role`). Names that
        read alike are the same.
        """
        checked_name(name, "name")
        with self._log.reading() as connection:  # a stranger shall not take the writer's lock
            self._open_invitation(self._rows(connection), token)
        with self._log.writing() as connection:
            rows = self._rows(connection)
            found = self._open_invitation(rows, token)
            if _taken(name, self._names(rows)):
                raise UsageError(f"there is a '{name}' already, or was one", remedy="Choose another name")
            self._add(connection, "join", name=name, role=found.role, by=found.by, token_hash=_hash(token))
            return _standing(self._rows(connection))[name]

    def admit(self, name: str, *, days: float = 30.0) -> str:
        """A secret by which a member's browser is known from now on, also after a restart; only its hash is
        kept. It ends after some days, or when the member is removed.
        """
        secret = secrets.token_urlsafe(32)
        with self._log.writing() as connection:
            if name not in _standing(self._rows(connection)):
                raise UsageError(f"'{name}' is not in this session", where=self._log.session)
            ends = self._clock() + days * 86_400
            self._add(connection, "key", name=name, by=name, token_hash=_hash(secret), expires=ends)
        return secret

    def holder(self, secret: str) -> Member | None:
        """The member whose browser holds this secret; None for any other."""
        hashed = _hash(secret)
        with self._log.reading() as connection:
            rows = self._rows(connection)
        found = next((r for r in reversed(rows) if r.kind == "key" and r.token_hash == hashed), None)
        if found is None or self._clock() > found.expires or _removed_since(rows, found):
            return None
        return _standing(rows).get(found.name)

    def _open_invitation(self, rows: list[sa.Row], token: str) -> sa.Row:
        used = {row.token_hash for row in rows if row.kind == "join"}
        hashed = _hash(token) if isinstance(token, str) else ""
        found = next((r for r in rows if r.kind == "invite" and r.token_hash == hashed), None)
        if found is None or hashed in used or self._clock() > found.expires or _stepped_down(rows, found):
            raise UsageError("this invitation was used, has ended or never was", remedy="Ask for another one")
        return found

    def _names(self, rows: list[sa.Row]) -> set[str]:
        """Everybody who was ever named, who invited, or who answered."""
        with self._log.view() as state:
            told = {*state.annotators(), *([self._own] if self._own else [])}
        return told | {row.name for row in rows if row.name} | {row.by for row in rows}

    def _rows(self, connection: sa.Connection) -> list[sa.Row]:
        return list(connection.execute(_OF_SESSION, {"of": self._log.session}))

    def _add(self, connection: sa.Connection, kind: str, *, by: str, **facts: object) -> None:
        row = {"name": None, "role": None, "token_hash": None, "expires": None} | facts  # nosec B105 # no token
        row |= {"session": self._log.session, "kind": kind, "by": checked_name(by, "name")}
        row["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        connection.execute(people_table.insert(), [row])


def gave_out(collection: Any, session: str, secret: str, *, database: str | None = None) -> bool:
    """Whether a session of a collection ever gave out a secret, as an invitation or as a key. Only its table
    of people is read, in its folder or in a database: no vectors, no answers.
    """
    file = session_folder(collection, session) / "labels.sqlite"
    if database is None and not file.is_file():
        return False
    engine = connect(database or file)
    mine = (people_table.c.session == session) & (people_table.c.token_hash == _hash(secret))
    try:
        with clear_errors(place_of(database or file)), engine.connect() as connection:
            if not sa.inspect(connection).has_table(people_table.name):  # of the first format
                return False
            return connection.execute(sa.select(people_table.c.entry_id).where(mine)).first() is not None
    finally:
        engine.dispose()


def _standing(rows: list[sa.Row]) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for row in rows:
        if row.kind in _NAMING:
            members[row.name] = Member(row.name, row.role, row.by, row.at)
    return {name: m for name, m in members.items() if m.role != _NOBODY}


def _role(rows: list[sa.Row], name: str) -> str | None:
    if not any(row.kind in _NAMING for row in rows):
        return "owner"
    member = _standing(rows).get(name)
    return None if member is None else member.role


def _taken(name: str, names: set[str]) -> bool:
    return _as_read(name).startswith(IMPORTED) or _as_read(name) in {_as_read(other) for other in names}


def _as_read(name: str) -> str:
    """What a reader takes for the same: without case, width and the number of spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _stepped_down(rows: list[sa.Row], invitation: sa.Row) -> bool:
    """Whether who made an invitation has not been an owner all the time since."""
    later = (r for r in rows if r.entry_id > invitation.entry_id and r.name == invitation.by)
    return any(r.kind == "role" and r.role != "owner" for r in later)


def _removed_since(rows: list[sa.Row], key: sa.Row) -> bool:
    """Whether the person was removed after a key was made: who comes back under the name gets a new one."""
    later = (r for r in rows if r.entry_id > key.entry_id and r.name == key.name)
    return any(r.kind == "role" and r.role == _NOBODY for r in later)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
