"""The Flask application, made from plain objects."""

from typing import Any

from flask import Flask

from tuningfork.web.address import Address
from tuningfork.web.doorkeeper import Doorkeeper
from tuningfork.web.gate import LARGEST_BODY, guard
from tuningfork.web.loop_routes import loop_routes
from tuningfork.web.map_routes import map_routes
from tuningfork.web.mishaps import register_mishaps
from tuningfork.web.pages import pages
from tuningfork.web.picture_routes import picture_routes
from tuningfork.web.samp_desk import SampDesk
from tuningfork.web.samp_routes import samp_routes
from tuningfork.web.sky_routes import sky_routes
from tuningfork.web.start_routes import start_routes
from tuningfork.web.team_routes import team_routes
from tuningfork.web.workbench import Library, Workbench

__all__ = ["create_app"]


def create_app(
    target: Any,
    *,
    port: int,
    token: str | None = None,
    encoder: str | None = None,
    annotator: str | None = None,
    library: Library | None = None,
    address: Address | None = None,
    database: str | None = None,
) -> Flask:
    """Build the page.

    Parameters
    ----------
    target : Session or Collection
        A session opens at once; with a collection the page begins at Start, where one is made or chosen.
    port : int
        Where it will be served; requests for any other host and port are refused.
    token : str, optional
        Opens the door once; random when not given.
    encoder : str, optional
        Whose vectors new sessions use; the usual ones by default, see `embeddings.keys.usual_key`.
    annotator : str, optional
        Under which name whoever holds the first link answers; each session's own annotator by default.
    library : Library, optional
        The library calls of the Start screen.
    address : Address, optional
        What browsers call the page; this machine's own address when not given.
    database : str, optional
        URL of a database for the label logs of sessions that are made or opened on the page.

    Returns
    -------
    Flask
        ``app.extensions["tuningfork-door"].link(...)`` makes links.

    Examples
    --------
    >>> app = create_app(Collection.open("hdf"), port=8642)  # doctest: +SKIP
    """
    session = target if hasattr(target, "next_batch") else None
    collection = target if session is None else session.collection
    app = Flask("tuningfork.web", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.debug = False  # whatever FLASK_DEBUG says
    app.json.sort_keys = False  # type: ignore[attr-defined]
    door = Doorkeeper(port, token, address=address)
    app.extensions["tuningfork-door"] = door
    bench = Workbench(
        collection, session, encoder=encoder, annotator=annotator, library=library or Library(database)
    )
    app.extensions["tuningfork-bench"] = bench
    app.extensions["tuningfork-samp"] = SampDesk(collection, bench.identifiers)
    for blueprint in (
        pages,
        picture_routes,
        sky_routes,
        start_routes,
        loop_routes,
        map_routes,
        team_routes,
        samp_routes,
    ):
        app.register_blueprint(blueprint)
    register_mishaps(app)
    guard(app, door)
    if door.address.proxied:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0, x_host=0)  # type: ignore[method-assign]
    return app
