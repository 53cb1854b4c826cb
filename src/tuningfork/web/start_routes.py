"""JSON for the Start screen: what there is, galaxies to choose examples from, nearest ones, a new session."""

import base64
import binascii

from flask import Blueprint, current_app, jsonify, request

from tuningfork import __version__
from tuningfork.errors import ImageError, UsageError
from tuningfork.web.asked import LARGEST_QUESTION, asked_question, shipped
from tuningfork.web.body import Fields, json_body
from tuningfork.web.examples import Examples
from tuningfork.web.forms import described
from tuningfork.web.gate import access
from tuningfork.web.visitors import visitor
from tuningfork.web.workbench import Example, Workbench

__all__ = ["start_routes"]

start_routes = Blueprint("start", __name__, url_prefix="/api")
MOST_EXAMPLES = 5
LARGEST_REQUEST = Examples.LARGEST * 4 // 3 + 4096  # bytes: a picture file as base64


@start_routes.get("/state")
@access("viewer")
def state():
    """The collection, its sessions and what can be chosen."""
    bench, allowed = _bench(), visitor().sessions
    sessions = [s for s in bench.overviews() if allowed is None or s["name"] in allowed]
    return jsonify(
        version=__version__,
        collection={
            "name": bench.collection.name,
            "galaxies": len(bench.collection),
            "place": bench.identifiers.place,
            "bands": list(bench.collection.bands),
        },
        pictures=f"/pictures/{bench.version}/galaxy/",
        host=allowed is None,
        samp=allowed is None and current_app.extensions["tuningfork-samp"].open,
        sessions=sessions,
        session=bench.first if allowed is None else allowed[0],
        strategies=bench.library.strategies(),
        heads=bench.library.heads(),
        vectors=bench.library.vectors(bench.collection),
        chosen=bench.usual_vectors(),
        trees=list(shipped()) if allowed is None else [],
    )


@start_routes.get("/gallery")
@access("viewer")
def gallery():
    """Galaxies to choose examples from; the same ones for the same ``draw``."""
    draw = request.args.get("draw", 0, type=int)
    return jsonify(galaxies=_bench().gallery(draw, _count()))


@start_routes.get("/ids")
@access("viewer")
def ids():
    """Ids that begin with, or hold, what was typed; where there are none, those spelled most like it."""
    text = request.args.get("like", "")[:200].strip()
    return jsonify(ids=_bench().ids.like(text, 8) if text else [])


@start_routes.post("/nearest")
@access("host")
def nearest():
    """The galaxies most like the examples. Changes nothing; POST because the question is long."""
    fields = json_body()
    examples = fields.each("examples", _example, most=MOST_EXAMPLES)
    bench, n = _bench(), fields.whole("n", 1, 100, default=24)
    return jsonify(galaxies=bench.nearest(examples, n, encoder=bench.chosen_vectors(fields)))


@start_routes.post("/pictures")
@access("host", largest_body=LARGEST_REQUEST)
def add_picture():
    """Take in a dropped picture file, sent as base64."""
    fields = json_body()
    name = fields.text("name", longest=300, default="") or "the picture"
    text = fields.text("data", longest=Examples.LARGEST * 4 // 3 + 4)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImageError("did not arrive whole", where=name, remedy="Drop it again") from None
    return jsonify(picture=_bench().examples.add(data, name=name), name=name)


@start_routes.post("/questions")
@access("host", largest_body=LARGEST_QUESTION)
def read_question():
    """Check a question before a session is made of it, and say what it will ask. Changes nothing."""
    question = asked_question(json_body(), usual="Is it one of those?")
    return jsonify(text=question.text, answers=list(question.answers), form=described(question.form))


@start_routes.post("/sessions")
@access("host", largest_body=LARGEST_QUESTION)
def create():
    """A new session with its question and examples."""
    fields = json_body()
    name = fields.text("name", longest=60)
    if not name:
        raise UsageError("say what you are looking for", where="request")
    question = asked_question(fields, usual=f"Is it a {name}?")
    examples = fields.each("examples", _example, most=MOST_EXAMPLES)
    encoder = _bench().chosen_vectors(fields)
    loop = _bench().start(name=name, question=question, examples=examples, encoder=encoder)
    return jsonify(session=loop.session.name)


@start_routes.post("/links")
@access("host")
def new_link():
    """A fresh one-time link, to open the page in another browser."""
    door = current_app.extensions["tuningfork-door"]
    return jsonify(link=door.link(door.new_token()))


def _bench() -> Workbench:
    return current_app.extensions["tuningfork-bench"]


def _count() -> int:
    return min(max(request.args.get("n", 24, type=int), 1), 100)


def _example(value) -> Example:
    fields = Fields(value, "example")
    if fields.has("galaxy"):
        return Example(galaxy=fields.text("galaxy", longest=40))
    return Example(picture=fields.text("picture", longest=40))
