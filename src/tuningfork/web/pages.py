"""The page itself and its files: the shell, the entrance, scripts and styles."""

import hashlib
from importlib import resources
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request

from tuningfork.web.doorkeeper import Guest
from tuningfork.web.gate import access
from tuningfork.web.visitors import admit_cookie, set_key

__all__ = ["pages"]

pages = Blueprint("pages", __name__)
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


def _read_files() -> dict[str, tuple[bytes, str, str]]:
    """Name -> content, type, ETag of everything in ``static``. What is not in here cannot be asked for."""
    files = {}
    for file in resources.files("tuningfork.web").joinpath("static").iterdir():
        kind = _TYPES.get(file.name.rpartition(".")[2])
        if kind is not None:
            data = file.read_bytes()
            files[file.name] = (data, kind, hashlib.sha256(data).hexdigest()[:16])
    return files


_FILES = _read_files()


@pages.get("/")
@access("viewer")
def shell():
    """The one page; its scripts do the rest."""
    return render_template("shell.html")


@pages.get("/join")
@access("anyone")
def join():
    """Where an invitation is taken up. It stands behind the # of the link, which no server and no log sees,
    and ends only when a name is sent with it: who opens the link to look ahead spends nothing.
    """
    return render_template("join.html")


@pages.get("/enter")
@access("anyone")
def enter():
    """Turn the token of a link into a cookie. The token dies; nothing else changes."""
    door = current_app.extensions["tuningfork-door"]
    reply = redirect("/", code=303)
    if door.knows(request.cookies.get(door.cookie_name)):
        return reply
    if door.attempts.too_many(request.remote_addr):
        abort(429)
    key = door.exchange(request.args.get("token", ""))
    if key is None:
        door.attempts.wrong(request.remote_addr)
        abort(401)
    if isinstance(key, Guest):
        reply = redirect(f"/#/session/{quote(key.session)}", code=303)
        members = current_app.extensions["tuningfork-bench"].loop(key.session).session.team.members
        admit_cookie(reply, door, members, key.session, key.name)
        return reply
    set_key(reply, door, door.cookie_name, key, days=7)
    return reply


@pages.get("/static/<name>")
@access("anyone")
def static_file(name: str):
    """A script, style or icon of the page."""
    if name not in _FILES:
        abort(404)
    data, kind, etag = _FILES[name]
    reply = Response(data, content_type=kind)
    reply.headers["Cache-Control"] = "no-cache"
    reply.set_etag(etag)
    return reply.make_conditional(request)
