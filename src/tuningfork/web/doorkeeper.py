"""Who may use the page: one-time links that turn into a cookie, and the names the page answers to."""

import hashlib
import secrets
import threading
from dataclasses import dataclass

from tuningfork.web.address import Address, local_address
from tuningfork.web.attempts import Attempts

__all__ = ["Doorkeeper", "Guest"]


@dataclass(frozen=True)
class Guest:
    """A member of one session, whom a link lets in under their name."""

    session: str
    name: str


class Doorkeeper:
    """Hands out links that work once, and knows the cookies they became.

    The link from the terminal makes its browser the host's: it may do what whoever started the program may.
    Only digests are kept, and they are gone with the process: a new start needs a new link. Members of a
    session have cookies of their own, one a session, whose keys are kept with the session
    (`tuningfork.labelling.people.members`) and outlive a restart.

    Parameters
    ----------
    port : int
        The port the page is served on; it is part of the cookie's name, since browsers send the cookies
        of one port of a machine to all its ports.
    token : str, optional
        The token of the first link; a random one of 32 bytes when none is given.
    address : Address, optional
        What browsers call the page; this machine's own address when not given.
    """

    MOST_LINKS = 16  # links that wait for their first use; older ones die

    def __init__(self, port: int, token: str | None = None, *, address: Address | None = None):
        self.address = address or local_address(port)
        # a browser takes a cookie of that prefix from this very host only, and over TLS only
        self.cookie_name = f"{'__Host-' if self.address.secure else ''}tuningfork-{port}"
        self.attempts = Attempts()
        self._lock = threading.Lock()
        self._links: dict[bytes, Guest | None] = {}
        self._keys: set[bytes] = set()
        self.first_token = self.new_token(token)

    def cookie_of(self, session: str) -> str:
        """The name of the cookie by which a member of a session is known."""
        return f"{self.cookie_name}-{session}"

    def new_token(self, token: str | None = None, *, guest: Guest | None = None) -> str:
        """A token that opens the door once: to the host, or to a guest."""
        token = token or secrets.token_urlsafe(32)
        with self._lock:
            self._links[_digest(token)] = guest
            while len(self._links) > self.MOST_LINKS:
                del self._links[next(iter(self._links))]
        return token

    def link(self, token: str) -> str:
        """The address a person opens."""
        return f"{self.address.origin}/enter?token={token}"

    def exchange(self, token: str) -> str | Guest | None:
        """Turn a token into the value of the host's cookie, or into the guest it was made for; None when it
        is unknown or was used before.
        """
        with self._lock:
            digest = _digest(token)
            if digest not in self._links:
                return None
            guest = self._links.pop(digest)
            if guest is not None:
                return guest
            key = secrets.token_urlsafe(32)
            self._keys.add(_digest(key))
            return key

    def knows(self, cookie: str | None) -> bool:
        """Whether this is the value of a host's cookie."""
        return cookie is not None and _digest(cookie) in self._keys


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
