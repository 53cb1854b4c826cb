"""Who sends a request: the host, or a member of a session, and in which role."""

from dataclasses import dataclass

from flask import Request, current_app, g

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.web.doorkeeper import Doorkeeper

__all__ = ["RANKS", "Visitor", "admit_cookie", "set_key", "visitor", "visitor_of"]

RANKS = ("viewer", "annotator", "adjudicator", "owner", "host")
"""Each may do what those before it may; the host alone starts sessions."""
DAYS = 30  # a member's cookie


@dataclass(frozen=True)
class Visitor:
    """Somebody who was let in.

    ``name`` is under whom they answer (empty for the host where no session is named), ``role`` one of `RANKS`
    or None for a host whose name has no role in the session, ``sessions`` those a member was let into (None
    for the host: all).
    """

    name: str
    role: str | None
    sessions: tuple[str, ...] | None = None

    def may(self, what: str) -> bool:
        """Whether the role reaches that far."""
        return self.role is not None and RANKS.index(self.role) >= RANKS.index(what)


def visitor() -> Visitor:
    """Who sends the request that is being answered; the gate has asked before."""
    return g.visitor


def visitor_of(door: Doorkeeper, request: Request) -> Visitor | None:
    """Who sends a request; None for a stranger.

    Raises
    ------
    UnknownNameError
        When the host names a session that is not there. Others are told nothing.
    """
    bench = current_app.extensions["tuningfork-bench"]
    session = (request.view_args or {}).get("session")
    if door.knows(request.cookies.get(door.cookie_name)):
        if session is None:
            return Visitor("", "host")
        loop = bench.loop(session)
        name = bench.annotator or loop.owner
        return Visitor(name, loop.session.team.members.role_of(name))
    prefix = door.cookie_of("")
    told = {
        name.removeprefix(prefix): key for name, key in request.cookies.items() if name.startswith(prefix)
    }
    if session is not None:
        member = _member(bench, session, told.get(session))
        return None if member is None else Visitor(member.name, member.role, (session,))
    known = {name: member for name, key in told.items() if (member := _member(bench, name, key)) is not None}
    return Visitor("", "viewer", tuple(sorted(known))) if known else None


def _member(bench, session: str, key: str | None):
    if key is None:
        return None
    try:
        return bench.loop_for(session, key).session.team.members.holder(key)
    except (UnknownNameError, UsageError):
        return None


def admit_cookie(reply, door: Doorkeeper, members, session: str, name: str) -> None:
    """Let a member's browser be known from now on."""
    key = members.admit(name, days=DAYS)
    cookie = door.cookie_of(session)
    set_key(reply, door, cookie, key, days=DAYS)


def set_key(reply, door: Doorkeeper, cookie: str, key: str, *, days: int) -> None:
    """Give a browser a key that no script and no other site can read."""
    age, secure = days * 86_400, door.address.secure
    reply.set_cookie(cookie, key, max_age=age, httponly=True, samesite="Strict", path="/", secure=secure)
