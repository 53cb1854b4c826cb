"""The server without TLS, for this machine or a proxy: waitress, with an end to slow requests."""

import logging
import select
import socket
import time
from collections.abc import Callable

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server

__all__ = ["LONGEST_REQUEST", "MOST_CONNECTIONS", "THREADS", "plain_server"]

THREADS = 8
LONGEST_REQUEST = 60  # seconds from its first byte to its last, and of silence between two
MOST_CONNECTIONS = 400


class _Channel(HTTPChannel):
    """A connection whose clock starts with a request and is not wound up by each byte of it.

    waitress closes what was silent for a while; who sends a byte every few seconds would hold a connection
    for ever, and all of them in the end.
    """

    _began = 0.0

    def received(self, data: bytes) -> bool:
        taken = super().received(data)
        if self.request is None:
            self._began = 0.0
        else:
            self._began = self._began or time.time()
            self.last_activity = self._began
        return taken


def plain_server(app: Callable, listener: socket.socket, *, largest: int, proxied: bool = False):
    """A server that is to be ``run()`` and, from another thread, ``close()``d.

    Parameters
    ----------
    largest : int
        Bytes of a request body that are read, before the gate is asked.
    proxied : bool
        A proxy says in X-Forwarded-For for whom it asks; of anybody else such headers are thrown away.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits its turn
    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=not proxied,
        max_request_body_size=largest,
        channel_timeout=LONGEST_REQUEST,
        cleanup_interval=max(1, LONGEST_REQUEST // 6),
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=hasattr(select, "poll"),  # select() ends at 1,024 files
    )
    assert isinstance(server, TcpWSGIServer)
    server.channel_class = _Channel
    return server
