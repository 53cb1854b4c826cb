"""A client of the SAMP hub on this machine, through which astronomers' programs talk."""

import warnings
from typing import Any
from urllib.parse import urlsplit

from tuningfork.errors import TuningforkError

__all__ = ["START", "answered", "connect", "name_of"]

START = "Start TOPCAT, Aladin or another program that speaks SAMP, then run this again"
_PATIENCE = "30"  # seconds that one program may take to load a table


def connect(*, listens: bool) -> Any:
    """A connected `SAMPIntegratedClient`; with ``listens`` others on this machine can call it back.

    Raises
    ------
    TuningforkError
        When no hub runs here, or the one that the lock file names runs on another machine.
    """
    from astropy.utils.exceptions import AstropyDeprecationWarning

    with warnings.catch_warnings():  # astropy 8 wishes its SAMP to be taken from pyvo; it is the same code
        warnings.simplefilter("ignore", AstropyDeprecationWarning)
        from astropy.samp import SAMPHubError, SAMPIntegratedClient, conf

    with conf.set_temp("use_internet", False):
        client = SAMPIntegratedClient(
            "tuningfork", "Galaxies that were found", addr="127.0.0.1", callable=listens
        )
        try:
            client.connect()
        except (SAMPHubError, OSError) as error:
            raise TuningforkError("no SAMP hub runs on this machine", remedy=START) from error
    try:
        _check_is_here(client)
    except TuningforkError:
        client.disconnect()
        raise
    return client


def _check_is_here(client: Any) -> None:
    """A lock file may name a hub elsewhere; galaxies are not sent there."""
    import socket

    url = client.hub.lockfile.get("samp.hub.xmlrpc.url", "")
    host = urlsplit(url).hostname or ""
    try:
        addresses = {found[4][0] for found in socket.getaddrinfo(host, None)}
        own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        addresses, own = {host}, set()
    if not all(address.startswith("127.") or address == "::1" or address in own for address in addresses):
        raise TuningforkError("the SAMP hub runs on another machine", where=url, remedy=START)


def name_of(client: Any, taker: str) -> str:
    """What a program calls itself, as one short line of printable text."""
    try:
        said = str(client.get_metadata(taker).get("samp.name", taker))
    except Exception:  # a program that has just gone
        said = taker
    return "".join(c for c in said[:60] if c.isprintable()).strip() or "a program"


def answered(client: Any, taker: str, message: dict) -> str | None:
    """What a program has against the table; None when it has loaded it."""
    try:
        answer = client.call_and_wait(taker, message, _PATIENCE)
    except Exception as error:  # astropy raises what the hub says in several kinds
        return str(error).split("\n")[0][:200]
    if answer.get("samp.status") == "samp.ok":
        return None
    return str(answer.get("samp.error", {}).get("samp.errortxt", "no reason given"))[:200]
