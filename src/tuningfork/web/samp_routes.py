"""JSON for the link with other programs; for whoever started the program, since those run beside it."""

from flask import Blueprint, current_app, jsonify, request

from tuningfork.web.body import json_body
from tuningfork.web.gate import access
from tuningfork.web.samp_desk import SampDesk

__all__ = ["samp_routes"]

samp_routes = Blueprint("samp", __name__, url_prefix="/api/samp")


@samp_routes.get("/news")
@access("host")
def news():
    """What others have pointed at since a number."""
    return jsonify(_desk().news(request.args.get("after", 0, type=int)))


@samp_routes.post("/point")
@access("host")
def point():
    """Show a galaxy in the other programs."""
    return jsonify(done=_desk().point(json_body().text("galaxy", longest=40)))


@samp_routes.post("/table")
@access("host")
def table():
    """Send the table of a session to the other programs."""
    loop = current_app.extensions["tuningfork-bench"].loop(json_body().text("session", longest=100))
    return jsonify(programs=_desk().send(loop.session))


def _desk() -> SampDesk:
    return current_app.extensions["tuningfork-samp"]
