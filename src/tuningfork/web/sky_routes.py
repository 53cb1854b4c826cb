"""JSON of a galaxy's place on the sky."""

from flask import Blueprint, current_app, jsonify

from tuningfork.web.gate import access
from tuningfork.web.sky import facts

__all__ = ["sky_routes"]

sky_routes = Blueprint("sky", __name__, url_prefix="/api/galaxies")


@sky_routes.get("/<name>")
@access("viewer")
def galaxy(name: str):
    """Position, scale, orientation, links and how much wider it can be shown, by the opaque name."""
    bench = current_app.extensions["tuningfork-bench"]
    row, _ = bench.identifiers.resolve(name)
    return jsonify(facts(bench.collection, row) | {"context": bench.pictures.wider(row)})
