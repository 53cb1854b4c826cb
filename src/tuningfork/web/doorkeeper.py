"""Who may use the page: one-time links that turn into a cookie, and the names the page answers to."""

import hashlib
import secrets
import threading

__all__ = ["Doorkeeper"]


class Doorkeeper:
    """Hands out links that work once, and knows the cookies they became.

    Only digests are kept. Everything is gone with the process: a new start needs a new link.

    Parameters
    ----------
    port : int
        The port the page is served on; it is part of the cookie's name, since browsers send the cookies
        of one port of a machine to all its ports.
    token : str, optional
        The token of the first link; a random one of 32 bytes when none is given.
    """

    MOST_LINKS = 16  # links that wait for their first use; older ones die

    def __init__(self, port: int, token: str | None = None):
        self.port = port
        self.cookie_name = f"tuningfork-{port}"
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._lock = threading.Lock()
        self._links: dict[bytes, None] = {}
        self._keys: set[bytes] = set()
        self.first_token = self.new_token(token)

    def new_token(self, token: str | None = None) -> str:
        """A token that opens the door once."""
        token = token or secrets.token_urlsafe(32)
        with self._lock:
            self._links[_digest(token)] = None
            while len(self._links) > self.MOST_LINKS:
                del self._links[next(iter(self._links))]
        return token

    def link(self, token: str) -> str:
        """The address a person opens."""
        return f"http://127.0.0.1:{self.port}/enter?token={token}"

    def exchange(self, token: str) -> str | None:
        """Turn a token into the value of a cookie; None when it is unknown or was used before."""
        with self._lock:
            if self._links.pop(_digest(token), self) is self:
                return None
            key = secrets.token_urlsafe(32)
            self._keys.add(_digest(key))
            return key

    def knows(self, cookie: str | None) -> bool:
        """Whether a request with this cookie comes from someone who was let in."""
        return cookie is not None and _digest(cookie) in self._keys


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
