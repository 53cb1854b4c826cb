"""Serving the page on this machine, by waitress."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from tuningfork.errors import BusyError, UsageError

__all__ = ["serve"]

HOME_PORT = 8642  # asked for first when any port will do: a browser keeps settings and unsent answers by port
_LOCAL = ("127.0.0.1", "localhost")


def serve(
    target: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    encoder: str | None = None,
    annotator: str | None = None,
    announce: Callable[[str], object] | None = None,
    samp: bool = False,
) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    target : Session or Collection
        See `create_app`.
    host : str
        This machine's own address; others are refused, since the page has no TLS.
    port : int
        0 for any free one.
    open_browser : bool
        Open the link in the person's browser where there is one.
    encoder : str, optional
        Whose vectors new sessions use.
    annotator : str, optional
        Under which name whoever opens the link answers.
    announce : callable, optional
        Is told the link; by default a line on standard error that ends with it.
    samp : bool
        Connect the page with other programs (TOPCAT, Aladin) through the SAMP hub on this machine.

    Raises
    ------
    UsageError
        For a host that is not this machine's own.
    BusyError
        When the port is taken.
    TuningforkError
        With ``samp``: when no hub runs on this machine.
    """
    from waitress.server import create_server

    from tuningfork.web.app import create_app
    from tuningfork.web.start_routes import LARGEST_REQUEST

    if host not in _LOCAL:
        raise UsageError(
            f"the page is served on this machine only, not on '{host}'", remedy="Use an SSH tunnel: ssh -L"
        )
    listener = _listen(port)
    with listener:
        app = create_app(target, port=listener.getsockname()[1], encoder=encoder, annotator=annotator)
        other_programs = _linked(app) if samp else nullcontext()
        server = create_server(
            app,
            sockets=[listener],
            threads=8,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=LARGEST_REQUEST,  # read before the gate is asked; 1 GB by default
        )
        door = app.extensions["tuningfork-door"]
        link = door.link(door.first_token)
        (announce or _print)(link)
        if open_browser:
            webbrowser.open(link)
        try:
            with other_programs:
                server.run()
        finally:
            server.close()


def _linked(app: Any) -> Any:
    """The page's link with other programs."""
    from tuningfork.collection.samp import SampLink

    desk = app.extensions["tuningfork-samp"]
    link = SampLink(desk.hear)
    desk.take(link)
    return link


def _listen(port: int) -> socket.socket:
    wanted = (port,) if port else (HOME_PORT, 0)
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", number))
            listener.listen(64)
            return listener
        except OSError as error:
            listener.close()
            reason = error
    raise BusyError(
        f"port {port} cannot be used: {reason.strerror}",
        where="127.0.0.1",
        remedy="Choose another with --port, or --port 0 for any free one",
    )


def _print(link: str) -> None:
    print(f"The page is ready; this link opens it once: {link}", file=sys.stderr, flush=True)  # noqa: T201
