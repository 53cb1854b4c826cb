"""The gate before every route: exact host, declared access, same origin on writes; headers on every reply.

Nothing is open unless its route says so with `access`; a route that says nothing is refused.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from flask import Flask, Response, abort, current_app, g, request
from werkzeug.exceptions import Forbidden

from tuningfork.web.doorkeeper import Doorkeeper
from tuningfork.web.visitors import Visitor, visitor_of

__all__ = ["HostGate", "RoleError", "access", "access_of", "guard"]

Access = Literal["anyone", "viewer", "annotator", "adjudicator", "owner", "host"]
V = TypeVar("V", bound=Callable)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=()",
}
LARGEST_BODY = 256 * 1024


class RoleError(Forbidden):
    """Somebody who was let in has a lesser role than the route takes; says so in its description."""


def access(who: Access, *, largest_body: int = LARGEST_BODY) -> Callable[[V], V]:
    """Declare who may call a route: ``anyone``, or those who were let in and have at least this role (see
    `tuningfork.web.visitors`) in the session that the route names.

    A route that accepts anything but GET is also checked as a write, whoever calls it.
    """

    def declare(view: V) -> V:
        view.access, view.largest_body = who, largest_body  # type: ignore[attr-defined]
        return view

    return declare


def access_of(view: Callable) -> Access | None:
    """What a view has declared; None when it has declared nothing."""
    return getattr(view, "access", None)


def guard(app: Flask, door: Doorkeeper) -> None:
    """Put the gate before all routes of the app, and the headers on all its replies."""
    app.wsgi_app = HostGate(app.wsgi_app, frozenset(door.address.origins))  # type: ignore[method-assign]
    app.before_request(lambda: _check(door))
    app.after_request(_add_headers)


class HostGate:
    """Refuses requests for any other host name before routing: the wall against DNS rebinding."""

    def __init__(self, inner: Callable, hosts: frozenset[str]):
        self.inner, self.hosts = inner, hosts

    def __call__(self, environ: dict[str, Any], start_response: Callable):
        if environ.get("HTTP_HOST", "").lower() in self.hosts:
            return self.inner(environ, start_response)
        text = b"This server answers only to its own address.\n"
        headers = {**HEADERS, "Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(text))}
        start_response("421 Misdirected Request", list(headers.items()))
        return [text]


def _check(door: Doorkeeper) -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return  # no such route: the reply says only that
    who = access_of(view)
    if who is None:
        abort(403)
    if who != "anyone":
        g.visitor = visitor_of(door, request)
        if g.visitor is None:
            abort(401)
        # "none" is a person who typed the address or clicked a link elsewhere: enough to read, not to write
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            abort(403)
        if not g.visitor.may(who):
            raise RoleError(f"This takes the role '{who}'; {_who(g.visitor)}")
    if request.method not in ("GET", "HEAD"):
        request.max_content_length = view.largest_body  # type: ignore[attr-defined]
        _check_write(door)


def _who(visitor: Visitor) -> str:
    if visitor.role is None:
        return f"'{visitor.name}' has none here. Start the page with --as and the name of a member"
    return f"you are {visitor.role}"


def _check_write(door: Doorkeeper) -> None:
    """A write comes from our own page: exact Origin or the browser's word, and a type that no form sends."""
    own = door.address.origin_of(request.headers.get("Host", ""))
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if (
        (origin is None and site is None)
        or (origin is not None and origin != own)
        or site not in (None, "same-origin")
    ):
        abort(403)
    if request.mimetype != "application/json":
        abort(415)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    return response
