"""Where pictures are fetched from: opaque names, fixed sizes, always encoded anew, kept by the browser."""

import hashlib
from typing import Any

from flask import Blueprint, Response, abort, current_app, request

from tuningfork.errors import UsageError
from tuningfork.images.look import Look, look_of
from tuningfork.web.gate import access
from tuningfork.web.pictures import SIZES

__all__ = ["picture_routes"]

picture_routes = Blueprint("pictures", __name__, url_prefix="/pictures")


@picture_routes.get("/<version>/galaxy/<name>/<int:size>/<look>")
@access("viewer")
def galaxy(version: str, name: str, size: int, look: str):
    """A galaxy. ``version`` only keeps pictures of different collections apart in the browser's cache."""
    bench, wanted = _wanted(size, look)
    row, _ = bench.identifiers.resolve(name)
    return _picture(bench.pictures.galaxy(row, size, wanted))


@picture_routes.get("/<version>/context/<name>/<int:size>/<look>")
@access("viewer")
def context(version: str, name: str, size: int, look: str):
    """What lies around a galaxy that was cut from a wide image."""
    bench, wanted = _wanted(size, look)
    row, _ = bench.identifiers.resolve(name)
    return _picture(bench.pictures.around(row, size, wanted))


@picture_routes.get("/example/<key>/<int:size>")
@access("viewer")
def example(key: str, size: int):
    """A picture that was dropped on the Start screen."""
    if size not in SIZES:
        abort(404)
    bench = current_app.extensions["tuningfork-bench"]
    return _picture(bench.pictures.outside(key, bench.examples.pixels(key), size))


def _wanted(size: int, look: str) -> tuple[Any, Look]:
    """The workbench and the look; 404 for a size or a look that does not exist."""
    try:
        wanted = look_of(look)
    except UsageError:
        abort(404)
    if size not in SIZES:
        abort(404)
    return current_app.extensions["tuningfork-bench"], wanted


def _picture(data: bytes) -> Response:
    reply = Response(data, content_type="image/jpeg")
    reply.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    reply.set_etag(hashlib.sha256(data).hexdigest()[:16])
    reply.make_conditional(request)
    return reply
