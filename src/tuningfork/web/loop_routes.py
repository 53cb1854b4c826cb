"""JSON for Stream and Grid: pages, events, progress, settings, and the table to take home."""

import tempfile
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, jsonify, request

from tuningfork.labelling.report_page import export_page
from tuningfork.labelling.streams.settings import HIDDEN
from tuningfork.web.body import json_body
from tuningfork.web.events import MOST_EVENTS, read_event
from tuningfork.web.gate import access
from tuningfork.web.loop import Loop
from tuningfork.web.visitors import visitor

__all__ = ["EXPORTS", "loop_routes"]

loop_routes = Blueprint("loop", __name__, url_prefix="/api/sessions/<session>")
EXPORTS = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "fits": "application/fits",
    "vot": "application/x-votable+xml",
    "html": "text/html; charset=utf-8",  # a download, never shown as a page of this server
}
MOST_HISTORY = 1000
MOST_HELD = 1000  # galaxies one page may hold: far more than two pages ahead


@loop_routes.get("")
@access("viewer")
def describe(session: str):
    """The session itself."""
    return jsonify(_loop(session).describe(visitor().name))


@loop_routes.post("/pages")
@access("annotator")
def next_page(session: str):
    """The next galaxies to ask about, given what the page holds already."""
    fields = json_body()
    client = fields.text("client", longest=60)
    held = fields.each("held", str, most=MOST_HELD)
    after = fields.text("after", longest=60) if fields.has("after") else None
    n = fields.whole("n", 0, 100)
    patient = fields.flag("patient")
    return jsonify(_loop(session).page(visitor().name, client, held, n, after=after, patient=patient))


@loop_routes.post("/similar")
@access("viewer")
def similar(session: str):
    """The galaxies most like one, or like a picture that was dropped."""
    fields, bench = json_body(), current_app.extensions["tuningfork-bench"]
    loop, who, n = _loop(session), visitor().name, fields.whole("n", 1, 100)
    if not fields.has("picture"):
        return jsonify(loop.beside.similar(who, fields.text("galaxy", longest=40), n))
    picture = fields.text("picture", longest=40)
    return jsonify(
        loop.beside.like_picture(who, bench.near_picture(picture, n, encoder=loop.session.encoder_keys[0]), n)
    )


@loop_routes.post("/compare")
@access("viewer")
def compare(session: str):
    """The nearest answered galaxies of each class; before the answer only for who has guesses shown."""
    fields = json_body()
    groups = _loop(session).beside.compare(
        visitor().name,
        fields.text("galaxy", longest=40),
        fields.whole("n", 1, 24),
        unanswered=fields.flag("reveal"),
    )
    return jsonify(groups=groups)


@loop_routes.post("/answers")
@access("viewer")
def answers(session: str):
    """What the person said of some galaxies. With ``others`` also which of them are somebody else's by now,
    or are not here at all: what a browser kept may be old. Changes nothing; POST as the question is long.
    """
    fields = json_body()
    names, who, looks = fields.each("galaxies", str, most=MOST_HELD), visitor().name, _loop(session).looks
    if not fields.flag("others"):
        return jsonify(answers=looks.answers(who, names))
    known = looks.known(names)
    others = [*looks.of_others(who, known), *sorted(set(names) - set(known))]
    return jsonify(answers=looks.answers(who, known), others=others)


@loop_routes.get("/history")
@access("viewer")
def history(session: str):
    """The person's own acts, the newest first."""
    last = min(max(request.args.get("last", 200, type=int), 1), MOST_HISTORY)
    return jsonify(acts=_loop(session).looks.history(visitor().name, last=last))


@loop_routes.get("/review")
@access("annotator")
def review(session: str):
    """Galaxies to look at again; what people differ about is for those who may have the last word."""
    person = visitor()
    return jsonify(_loop(session).looks.review(person.name, settles=person.may("adjudicator")))


@loop_routes.get("/estimates")
@access("viewer")
def estimates(session: str):
    """What may be claimed of the sample, and what the next page will hold."""
    loop, who = _loop(session), visitor().name
    return jsonify(loop.claims.tell(who, streams=loop.knows_streams(who)))


@loop_routes.post("/closing")
@access("owner")
def close(session: str):
    """Begin a closing audit, or tell of the one that runs."""
    fields = json_body()
    completeness = fields.number("completeness", 0.5, 0.99, default=0.9)
    return jsonify(_loop(session).begin_closing(visitor().name, completeness))


@loop_routes.post("/closing/off")
@access("owner")
def call_off(session: str):
    """End the closing audit that runs, without a verdict."""
    json_body()
    return jsonify(_loop(session).call_off_closing(visitor().name))


@loop_routes.post("/events")
@access("annotator")
def record(session: str):
    """Answers, undos and redos, in order. What is acknowledged is on the disk."""
    fields = json_body()
    client = fields.text("client", longest=60)
    events = fields.each("events", read_event, most=MOST_EVENTS)
    results = _loop(session).record(visitor().name, client, events, reveal=fields.flag("reveal"))
    return jsonify(results=results)


@loop_routes.get("/progress")
@access("viewer")
def progress(session: str):
    """How far it has come, and the best so far."""
    loop, who = _loop(session), visitor().name
    n = min(max(request.args.get("best", 12, type=int), 0), 60)
    best = loop.best(who, n, found_only=request.args.get("guesses") != "shown")
    return jsonify(**loop.progress(who), best=best)


@loop_routes.post("/settings")
@access("owner")
def configure(session: str):
    """Another strategy or head, other vectors, or other shares of the streams beside the hunt."""
    fields, bench = json_body(), current_app.extensions["tuningfork-bench"]
    strategy = fields.one_of("strategy", bench.library.strategies()) if fields.has("strategy") else None
    head = fields.one_of("head", bench.library.heads()) if fields.has("head") else None
    loop = _loop(session)
    shares = {name: fields.number(name, 0, 1, default=0) for name in HIDDEN if fields.has(name)}
    loop.configure(strategy=strategy, head=head, encoder=bench.chosen_vectors(fields), shares=shares)
    return jsonify(loop.describe(visitor().name))


@loop_routes.get("/export/<kind>")
@access("owner")
def export(session: str, kind: str):
    """The table with labels, scores, provenance and every catalogue column, or the session as one HTML file.

    For owners: it says by which stream each galaxy was asked.
    """
    if kind not in EXPORTS:
        abort(404)
    loop = _loop(session)
    name = f"{loop.session.name}.{kind}"
    with tempfile.TemporaryDirectory(prefix="tuningfork-") as folder:
        path = Path(folder) / f"export.{kind}"
        if kind == "html":
            export_page(loop.session, path)
        else:
            loop.session.export(path, all_rows=request.args.get("rows") == "all")
        data = path.read_bytes()
    reply = Response(data, content_type=EXPORTS[kind])
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


def _loop(session: str) -> Loop:
    return current_app.extensions["tuningfork-bench"].loop(session)
