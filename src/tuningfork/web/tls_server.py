"""The server that speaks TLS itself: Tornado, which waits for slow clients without a thread for each."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tuningfork.errors import UsageError
from tuningfork.extras import install_command
from tuningfork.web.plain_server import LONGEST_REQUEST, THREADS

__all__ = ["TlsServer", "tls_context"]

_LARGEST_HEAD = 64 * 1024  # bytes of all headers


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with a certificate (chain) and its private key, both PEM.

    Raises
    ------
    UsageError
        Naming the file that cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for file, option in ((certificate, "--tls-cert"), (key, "--tls-key")):
        if not Path(file).is_file():
            raise UsageError(f"{option} is no file", where=str(file))
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        told = getattr(error, "reason", None) or str(error)
        raise UsageError(
            f"the certificate and its key cannot be used ({told})",
            where=str(certificate),
            remedy="Give two PEM files that belong together, the key without a password",
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


class TlsServer:
    """Serves a WSGI app over TLS; ``run()`` returns after ``close()`` from another thread.

    A request has `LONGEST_REQUEST` seconds from the handshake to its last byte.
    """

    def __init__(self, app: Callable, listener: socket.socket, context: ssl.SSLContext, *, largest: int):
        try:
            import tornado  # noqa: F401
        except ImportError:
            remedy = f"Run: {install_command('tls')}; or use --behind-proxy"
            raise UsageError("TLS takes the package tornado", remedy=remedy) from None
        self._app, self._listener, self._context, self._largest = app, listener, context, largest
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def run(self) -> None:
        """Serve until closed or interrupted."""
        asyncio.run(self._serve())

    def close(self) -> None:
        """Take no more connections."""
        if self._loop is not None and self._end is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self) -> None:
        from tornado.httpserver import HTTPServer
        from tornado.wsgi import WSGIContainer

        _silence()
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._listener.setblocking(False)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="tuningfork-page") as threads:
            server = HTTPServer(
                WSGIContainer(_unsigned(self._app), executor=threads),
                ssl_options=self._context,
                max_header_size=_LARGEST_HEAD,
                max_body_size=self._largest,
                max_buffer_size=self._largest + _LARGEST_HEAD,
                idle_connection_timeout=LONGEST_REQUEST,
                body_timeout=LONGEST_REQUEST,
            )
            server.add_sockets([self._listener])
            await self._end.wait()
            server.stop()
            await server.close_all_connections()


def _unsigned(app: Callable) -> Callable:
    """The app without the name and version of its server in every reply."""

    def signed(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Server", "tuningfork")], *rest)

        return app(environ, start)

    return signed


def _silence() -> None:
    """Tornado logs addresses, and links hold secrets; broken handshakes of strangers are no news either."""
    for name in ("tornado.access", "tornado.general"):
        logging.getLogger(name).disabled = True
