"""JSON for several people: who is there, invitations, roles, taking a person's answers back."""

from dataclasses import replace

from flask import Blueprint, abort, current_app, jsonify, request

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.people.members import ROLES, Member
from tuningfork.web.body import json_body
from tuningfork.web.doorkeeper import Doorkeeper, Guest
from tuningfork.web.gate import access
from tuningfork.web.loop import Loop
from tuningfork.web.visitors import admit_cookie, visitor

__all__ = ["team_routes"]

team_routes = Blueprint("team", __name__, url_prefix="/api")
_HERE = "/sessions/<session>"
LONGEST_NAME = 100
OVERLAPS = ("overlap", "overlap_finds", "overlap_audit")
MOST_PEOPLE = 50


@team_routes.post("/join")
@access("anyone")
def join():
    """Turn an invitation into a member, and this browser into theirs. Who holds no invitation learns nothing,
    not even which sessions there are.
    """
    fields = json_body()
    session, token = fields.text("session", longest=64), fields.text("token", longest=100)
    name = fields.text("name", longest=LONGEST_NAME)
    if not name:
        raise UsageError("say under which name you answer", where="request")
    door = _door()
    if door.knows(request.cookies.get(door.cookie_name)):
        raise UsageError(
            "this browser is the host's", remedy="Open the invitation in another browser or a private window"
        )
    if door.attempts.too_many(request.remote_addr):
        abort(429)
    try:
        loop = current_app.extensions["tuningfork-bench"].loop_for(session, token)
        members = loop.session.team.members
        member = members.join(token, name)
    except UnknownNameError:
        door.attempts.wrong(request.remote_addr)
        raise UsageError(
            "this invitation was used, has ended or never was", remedy="Ask for another one"
        ) from None
    except UsageError:
        door.attempts.wrong(request.remote_addr)
        raise
    reply = jsonify(session=loop.session.name, name=member.name, role=member.role)
    admit_cookie(reply, door, members, loop.session.name, member.name)
    return reply


@team_routes.get(f"{_HERE}/team")
@access("viewer")
def team(session: str):
    """Who is in the session; for owners also who was, and what was taken back."""
    room, me = _loop(session).session.team, visitor()
    members, owner = [_told(m) for m in room.members.all()], me.may("owner")
    return jsonify(
        me={"name": me.name, "role": me.role},
        roles=list(ROLES),
        members=members,
        removed=[_told(m) for m in room.members.removed()] if owner else [],
        revoked=room.revoked() if owner else [],
        overlap={name: getattr(_loop(session).session.settings.team, name) for name in OVERLAPS},
    )


@team_routes.post(f"{_HERE}/invitations")
@access("owner")
def invite(session: str):
    """A link by which one person joins under a name of their own."""
    role = json_body().one_of("role", ROLES)
    token = _loop(session).session.team.members.invite(role, by=visitor().name)
    return jsonify(link=f"{_origin()}/join#{session}/{token}", role=role)


@team_routes.post(f"{_HERE}/roles")
@access("owner")
def set_role(session: str):
    """Another role for a member, or none any more; or a role for somebody who had one before."""
    fields = json_body()
    name, role = fields.text("name", longest=LONGEST_NAME), fields.one_of("role", (*ROLES, "removed"))
    members = _loop(session).session.team.members
    if name not in {m.name for m in (*members.all(), *members.removed())}:
        abort(404)
    members.set_role(name, role, by=visitor().name)
    return team(session)


@team_routes.post(f"{_HERE}/overlap")
@access("owner")
def set_overlap(session: str):
    """How many people answer a galaxy, a find, one that an audit drew; from the next page on."""
    fields, held = json_body(), _loop(session).session
    wanted = {name: fields.whole(name, 1, MOST_PEOPLE) for name in OVERLAPS}
    held.set_team(replace(held.settings.team, **wanted))
    return team(session)


@team_routes.post(f"{_HERE}/links")
@access("owner")
def link(session: str):
    """A fresh one-time link for a member whose browser has forgotten them."""
    name = json_body().text("name", longest=LONGEST_NAME)
    _known(session, name)
    door = _door()
    return jsonify(link=f"{_origin()}/enter?token={door.new_token(guest=Guest(session, name))}")


@team_routes.post(f"{_HERE}/revocations")
@access("owner")
def revoke(session: str):
    """Let what a person said so far count for nothing; nothing is deleted."""
    fields = json_body()
    name = fields.text("name", longest=LONGEST_NAME)
    loop = _loop(session)
    if name not in loop.session.team.people():
        abort(404)
    loop.session.team.revoke(name, by=visitor().name, reason=fields.text("reason", longest=500, default=""))
    loop.refits.ask()
    return team(session)


@team_routes.post(f"{_HERE}/restorations")
@access("owner")
def restore(session: str):
    """Take a revocation back."""
    loop = _loop(session)
    loop.session.team.restore(json_body().text("revocation", longest=140), by=visitor().name)
    loop.refits.ask()
    return team(session)


def _told(member: Member) -> dict[str, str]:
    return {"name": member.name, "role": member.role}


def _known(session: str, name: str) -> Loop:
    loop = _loop(session)
    if name not in {m.name for m in loop.session.team.members.all()}:
        abort(404)
    return loop


def _loop(session: str) -> Loop:
    return current_app.extensions["tuningfork-bench"].loop(session)


def _door() -> Doorkeeper:
    return current_app.extensions["tuningfork-door"]


def _origin() -> str | None:
    """Of the page that asks: its own name for us stays in the link."""
    return _door().address.origin_of(request.headers.get("Host", ""))
