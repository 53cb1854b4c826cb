"""Serving the page: on this machine as it is, beyond it with TLS or behind a proxy."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tuningfork.errors import BusyError, UsageError
from tuningfork.web.address import LOCAL, settled_address

__all__ = ["check_port", "serve"]

HOME_PORT = 8642  # asked for first when any port will do: a browser keeps settings and unsent answers by port


def serve(  # noqa: PLR0913 - all but the first by name
    target: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    behind_proxy: bool = False,
    address: str | None = None,
    open_browser: bool = True,
    encoder: str | None = None,
    annotator: str | None = None,
    database: str | None = None,
    announce: Callable[[str], object] | None = None,
    samp: bool = False,
    streams: Any = None,
) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    target : Session or Collection
        See `create_app`.
    host : str
        Where to listen. Beyond this machine it takes ``tls_cert`` and ``tls_key``, or ``behind_proxy``.
    port : int
        0 for any free one.
    tls_cert, tls_key : Path, optional
        A certificate and its private key, PEM: the page is then https.
    behind_proxy : bool
        A proxy that speaks TLS passes requests on, with the Host header as it came; ``address`` says what
        people open.
    address : str, optional
        ``https://NAME:PORT``; requests for any other are refused.
    open_browser : bool
        Open the link in the person's browser where there is one.
    encoder : str, optional
        Whose vectors new sessions use.
    annotator : str, optional
        Under which name whoever opens the link answers.
    database : str, optional
        URL of a database for the label logs of sessions; their own folders by default.
    announce : callable, optional
        Is told the link; by default a line on standard error that ends with it.
    samp : bool
        Connect the page with other programs (TOPCAT, Aladin) through the SAMP hub on this machine.
    streams : Streams, optional
        Shares of the streams in sessions that are made on the page.

    Raises
    ------
    UsageError
        For a host beyond this machine without TLS or a proxy, and for files or addresses that cannot be used.
    BusyError
        When the port is taken.
    TuningforkError
        With ``samp``: when no hub runs on this machine.
    """
    from tuningfork.web.app import create_app
    from tuningfork.web.plain_server import plain_server
    from tuningfork.web.start_routes import LARGEST_REQUEST
    from tuningfork.web.tls_server import TlsServer, tls_context
    from tuningfork.web.workbench import Library

    if (tls_cert is None) != (tls_key is None):
        raise UsageError("--tls-cert and --tls-key belong together")
    context = tls_context(tls_cert, tls_key) if tls_cert is not None and tls_key is not None else None
    told = {"tls": context is not None, "behind_proxy": behind_proxy, "address": address}
    settled_address(host, port or 1, **told)  # a refusal comes before the port is touched
    listener = _listen(host, port)
    with listener:
        number = listener.getsockname()[1]
        at = settled_address(host, number, **told)
        library = Library(database, streams=streams)
        app = create_app(
            target, port=number, encoder=encoder, annotator=annotator, address=at, library=library
        )
        if context is not None:
            server = TlsServer(app, listener, context, largest=LARGEST_REQUEST)
        else:
            server = plain_server(app, listener, largest=LARGEST_REQUEST, proxied=behind_proxy)
        other_programs = _linked(app) if samp else nullcontext()
        door = app.extensions["tuningfork-door"]
        link = door.link(door.first_token)
        if announce is None and not port and number != HOME_PORT:
            _say(f"port {HOME_PORT} is taken, so {number}")
        (announce or _print)(link)
        if open_browser:
            webbrowser.open(link)
        try:
            with other_programs:
                server.run()
        finally:
            server.close()


def check_port(host: str, port: int) -> None:
    """Raise as `serve` will when it cannot listen there: a long preparation need not end in that."""
    _listen(host, port).close()


def _linked(app: Any) -> Any:
    """The page's link with other programs."""
    from tuningfork.collection.samp import SampLink

    desk = app.extensions["tuningfork-samp"]
    link = SampLink(desk.hear)
    desk.take(link)
    return link


def _listen(host: str, port: int) -> socket.socket:
    host = LOCAL[0] if host in LOCAL else host
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError as error:
        raise UsageError(f"'{host}' is no address: {error.strerror}", where="--host") from error
    for number in (port,) if port else (HOME_PORT, 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((place[0], number, *place[2:]))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            reason = error
    raise BusyError(
        f"port {port} cannot be used: {reason.strerror}",
        where=host,
        remedy="Choose another with --port, or --port 0 for any free one",
    )


def _print(link: str) -> None:
    _say(f"The page is ready; this link opens it once: {link}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
