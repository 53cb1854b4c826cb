"""JSON for Stream and Grid: pages, events, progress, settings, and the table to take home."""

import tempfile
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, jsonify, request

from tuningfork.web.body import json_body
from tuningfork.web.events import MOST_EVENTS, read_event
from tuningfork.web.gate import access
from tuningfork.web.loop import Loop

__all__ = ["EXPORTS", "loop_routes"]

loop_routes = Blueprint("loop", __name__, url_prefix="/api/sessions/<session>")
EXPORTS = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "fits": "application/fits",
    "vot": "application/x-votable+xml",
}
MOST_HELD = 1000  # galaxies one page may hold: far more than two pages ahead


@loop_routes.get("")
@access("holder")
def describe(session: str):
    """The session itself."""
    return jsonify(_loop(session).describe())


@loop_routes.post("/pages")
@access("holder")
def next_page(session: str):
    """The next galaxies to ask about, given what the page holds already."""
    fields = json_body()
    client = fields.text("client", longest=60)
    held = fields.each("held", str, most=MOST_HELD)
    return jsonify(galaxies=_loop(session).page(client, held, fields.whole("n", 0, 100)))


@loop_routes.post("/similar")
@access("holder")
def similar(session: str):
    """The galaxies most like one, or like a picture that was dropped."""
    fields, bench = json_body(), current_app.extensions["tuningfork-bench"]
    loop, n = _loop(session), fields.whole("n", 1, 100)
    if not fields.has("picture"):
        return jsonify(loop.similar(fields.text("galaxy", longest=40), n))
    picture = fields.text("picture", longest=40)
    return jsonify(loop.like_picture(bench.near_picture(picture, n, encoder=loop.session.encoder), n))


@loop_routes.post("/compare")
@access("holder")
def compare(session: str):
    """The nearest answered galaxies of each class; before the answer only for who has guesses shown."""
    fields = json_body()
    groups = _loop(session).compare(
        fields.text("galaxy", longest=40), fields.whole("n", 1, 24), unanswered=fields.flag("reveal")
    )
    return jsonify(groups=groups)


@loop_routes.post("/events")
@access("holder")
def record(session: str):
    """Answers, undos and redos, in order. What is acknowledged is on the disk."""
    fields = json_body()
    client = fields.text("client", longest=60)
    events = fields.each("events", read_event, most=MOST_EVENTS)
    return jsonify(results=_loop(session).record(client, events, reveal=fields.flag("reveal")))


@loop_routes.get("/progress")
@access("holder")
def progress(session: str):
    """How far it has come, and the best so far."""
    loop = _loop(session)
    n = min(max(request.args.get("best", 12, type=int), 0), 60)
    return jsonify(**loop.progress(), best=loop.best(n, found_only=request.args.get("guesses") != "shown"))


@loop_routes.post("/settings")
@access("holder")
def configure(session: str):
    """Another strategy or head."""
    fields, bench = json_body(), current_app.extensions["tuningfork-bench"]
    strategy = fields.one_of("strategy", bench.library.strategies()) if fields.has("strategy") else None
    head = fields.one_of("head", bench.library.heads()) if fields.has("head") else None
    loop = _loop(session)
    loop.configure(strategy=strategy, head=head)
    return jsonify(loop.describe())


@loop_routes.get("/export/<kind>")
@access("holder")
def export(session: str, kind: str):
    """The table with labels, scores, provenance and every catalogue column."""
    if kind not in EXPORTS:
        abort(404)
    loop = _loop(session)
    name = f"{loop.session.name}.{kind}"
    with tempfile.TemporaryDirectory(prefix="tuningfork-") as folder:
        path = Path(folder) / f"export.{kind}"
        loop.session.export(path, all_rows=request.args.get("rows") == "all")
        data = path.read_bytes()
    reply = Response(data, content_type=EXPORTS[kind])
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


def _loop(session: str) -> Loop:
    return current_app.extensions["tuningfork-bench"].loop(session)
