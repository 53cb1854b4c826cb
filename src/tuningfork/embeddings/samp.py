"""Results to TOPCAT, Aladin and others by SAMP, through which astronomers' programs talk."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tuningfork.errors import TuningforkError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["send_table"]

_LOAD = "table.load.votable"
_PATIENCE = "30"  # seconds that one program may take to load a table
_START = "Start TOPCAT, Aladin or another program that speaks SAMP, then run this again"


def send_table(table: "pa.Table", name: str) -> list[str]:
    """Send a table as VOTable to every program that takes tables.

    The hub has to run on this machine. The table goes through a temporary file, which is removed when all
    have answered.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        What the programs call it.

    Returns
    -------
    list of str
        Names of the programs that have loaded it.

    Raises
    ------
    TuningforkError
        When no hub runs here, no program takes tables, or none of them could load it.
    """
    from tuningfork.collection import write_table

    with _client() as client, tempfile.TemporaryDirectory(prefix="tuningfork-samp-") as folder:
        file = Path(folder) / "results.vot"
        write_table(table, file)
        message = {
            "samp.mtype": _LOAD,
            "samp.params": {"url": file.as_uri(), "name": name, "table-id": f"tuningfork {name}"},
        }
        takers = list(client.get_subscribed_clients(_LOAD))
        if not takers:
            raise TuningforkError("no program that runs here takes tables by SAMP", remedy=_START)
        answers = {_name(client, taker): _answer(client, taker, message) for taker in takers}
    loaded = [taker for taker, trouble in answers.items() if trouble is None]
    if not loaded:
        taker, trouble = next(iter(answers.items()))
        raise TuningforkError(f"{taker} did not load the table ({trouble})")
    return loaded


@contextmanager
def _client() -> Iterator[Any]:
    """A client of the hub on this machine, which nobody can call back."""
    from astropy.utils.exceptions import AstropyDeprecationWarning

    with warnings.catch_warnings():  # astropy 8 wishes its SAMP to be taken from pyvo; it is the same code
        warnings.simplefilter("ignore", AstropyDeprecationWarning)
        from astropy.samp import SAMPHubError, SAMPIntegratedClient, conf

    with conf.set_temp("use_internet", False):
        client = SAMPIntegratedClient("tuningfork", "Galaxies that were found", callable=False)
        try:
            client.connect()
        except (SAMPHubError, OSError) as error:
            raise TuningforkError("no SAMP hub runs on this machine", remedy=_START) from error
        try:
            _check_is_here(client)
            yield client
        finally:
            client.disconnect()


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
        raise TuningforkError("the SAMP hub runs on another machine", where=url, remedy=_START)


def _name(client: Any, taker: str) -> str:
    try:
        return str(client.get_metadata(taker).get("samp.name", taker))
    except Exception:  # a program that has just gone
        return taker


def _answer(client: Any, taker: str, message: dict) -> str | None:
    """What a program has against the table; None when it has loaded it."""
    try:
        answer = client.call_and_wait(taker, message, _PATIENCE)
    except Exception as error:  # astropy raises what the hub says in several kinds
        return str(error).split("\n")[0][:200]
    if answer.get("samp.status") == "samp.ok":
        return None
    return str(answer.get("samp.error", {}).get("samp.errortxt", "no reason given"))[:200]
