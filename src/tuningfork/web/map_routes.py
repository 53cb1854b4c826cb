"""The map of a session's galaxies: points as columns of numbers, and what is selected on it."""

import base64
import binascii
import tempfile
from pathlib import Path

import numpy as np
from flask import Blueprint, Response, current_app, jsonify, request

from tuningfork.errors import DataError, UsageError
from tuningfork.web.body import json_body
from tuningfork.web.gate import access
from tuningfork.web.loop import Loop
from tuningfork.web.map_columns import MapColumns, from_bits
from tuningfork.web.map_values import answer_codes, score_steps
from tuningfork.web.visitors import visitor
from tuningfork.web.workbench import Workbench

__all__ = ["map_routes"]

map_routes = Blueprint("map", __name__, url_prefix="/api/sessions/<session>/map")
MOST_NAMES = 100  # asked for at once
LARGEST_SELECTION = 4 * 1024 * 1024  # bytes of a request: a bit for each of 25 million points


@map_routes.get("")
@access("viewer")
def describe(session: str):
    """Which map there is; without one, the command that makes it."""
    return jsonify(_bench().maps.describe(_vectors(session)))


@map_routes.post("")
@access("owner")
def make(session: str):
    """Make a plain map in the background, for collections that are not large."""
    json_body()
    _bench().maps.make(_vectors(session))
    return jsonify(_bench().maps.describe(_vectors(session)))


@map_routes.get("/<version>/points")
@access("viewer")
def points(session: str, version: str):
    """All places, see `MapColumns.data`. They never change under one version, so the browser keeps them."""
    reply = Response(_columns(session, version).data(), content_type="application/octet-stream")
    reply.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return reply


@map_routes.get("/<version>/answers")
@access("viewer")
def answers(session: str, version: str):
    """A byte a point: 0 unanswered, else 1 + place of the answer among the session's ``all_answers``."""
    return _bytes(_columns(session, version).over_rows(answer_codes(_loop(session), visitor().name)))


@map_routes.get("/<version>/scores")
@access("viewer")
def scores(session: str, version: str):
    """A byte a point, 1 to 255 by rank; only for a page that does not hide guesses."""
    if request.args.get("guesses") != "shown":
        raise UsageError("scores are hidden while the page is blind", where="request")
    return _bytes(_columns(session, version).over_rows(score_steps(_loop(session))))


@map_routes.post("/<version>/names")
@access("viewer")
def names(session: str, version: str):
    """The opaque names of some points, and their answers. Changes nothing."""
    columns = _columns(session, version)
    chosen = json_body().each("points", lambda value: _point(value, len(columns)), most=MOST_NAMES)
    return jsonify(_loop(session).told(visitor().name, columns.rows[chosen] if chosen else ()))


@map_routes.post("/<version>/sets")
@access("viewer", largest_body=LARGEST_SELECTION)
def keep_set(session: str, version: str):
    """Keep a selection, sent as one bit a point in base64; the grid follows the order of the points."""
    columns = _columns(session, version)
    text = json_body().text("members", longest=LARGEST_SELECTION)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DataError("the selection did not arrive whole", remedy="Select again") from None
    rows = columns.rows[from_bits(data, len(columns))]
    if not len(rows):
        raise UsageError("nothing is selected", where="request")
    return jsonify(set=_bench().selections.add(rows), galaxies=len(rows))


@map_routes.post("/sets/<key>/pages")
@access("viewer")
def set_page(session: str, key: str):
    """Some galaxies of a selection, from a place in it on, with the answers that stand."""
    fields = json_body()
    rows = _bench().selections.rows(key)
    start, n = fields.whole("start", 0, 2**32), fields.whole("n", 1, 100)
    return jsonify(_loop(session).told(visitor().name, rows[start : start + n]))


@map_routes.get("/sets/<key>/csv")
@access("owner")
def set_table(session: str, key: str):
    """The ids of a selection and the answers that stand."""
    import pyarrow as pa

    from tuningfork.collection import write_table

    loop, rows = _loop(session), _bench().selections.rows(key)
    ids = [str(galaxy_id) for galaxy_id in loop.session.collection.ids(rows)]
    labels = loop.standing(visitor().name)
    table = pa.table({"id": pa.array(ids, pa.string()), "answer": [labels.get(i) for i in ids]})
    with tempfile.TemporaryDirectory(prefix="tuningfork-") as folder:
        path = Path(folder) / "selection.csv"
        write_table(table, path)
        data = path.read_bytes()
    reply = Response(data, content_type="text/csv; charset=utf-8")
    reply.headers.set("Content-Disposition", "attachment", filename=f"{loop.session.name}-selection.csv")
    return reply


def _bytes(values: np.ndarray) -> Response:
    return Response(values.astype(np.uint8).tobytes(), content_type="application/octet-stream")


def _point(value: object, points: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < points:
        raise UsageError(f"a point is a whole number below {points}", where="request")
    return value


def _bench() -> Workbench:
    return current_app.extensions["tuningfork-bench"]


def _loop(session: str) -> Loop:
    return _bench().loop(session)


def _vectors(session: str) -> str | None:
    return _bench().map_vectors(_loop(session))


def _columns(session: str, version: str) -> MapColumns:
    return _bench().maps.columns(_vectors(session), version)
