"""A standing connection: send tables, highlight rows, point at the sky, and hear when others do."""

import tempfile
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tuningfork.collection.samp.heard import PLACE, ROW, HeardPlace, HeardRow, read_place, read_row
from tuningfork.collection.samp.hub import START, answered, connect, name_of
from tuningfork.collection.tables import write_table
from tuningfork.collection.tables_memory import arrow_table
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError

__all__ = ["SampLink"]

_LOAD = "table.load.votable"
_MOST_TABLES = 16  # whose rows are known; the oldest is forgotten


class SampLink:
    """A client of the SAMP hub on this machine; used with ``with``, or closed by `close`.

    What is heard is checked before it is told: only rows of tables that this link has sent, and only places
    on the sky. Everything else is dropped.

    Parameters
    ----------
    heard : callable, optional
        Is told each `HeardRow` and `HeardPlace`, from another thread. Without it nobody can call back.

    Raises
    ------
    TuningforkError
        When no hub runs here.

    Examples
    --------
    >>> with SampLink() as link:  # doctest: +SKIP
    ...     link.send(session.table(), "mergers")
    ...     link.highlight("NGC4676")
    ...     link.point(191.544, 30.727)
    """

    def __init__(self, heard: Callable[[HeardRow | HeardPlace], object] | None = None):
        self._heard = heard
        self._lock = threading.Lock()
        self._tables: dict[str, list[str]] = {}
        self._latest: tuple[str, str] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="tuningfork-samp-")
        try:
            self._client = connect(listens=heard is not None)
        except BaseException:
            self._folder.cleanup()
            raise
        if heard is not None:
            self._client.bind_receive_message(ROW, self._on_row)
            self._client.bind_receive_message(PLACE, self._on_place)

    def __enter__(self) -> "SampLink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the hub; the files of sent tables are removed."""
        with suppress(Exception):  # the hub may have gone before us
            self._client.disconnect()
        self._folder.cleanup()

    def send(self, table: Any, name: str) -> list[str]:
        """Send a table (Arrow or astropy) as VOTable to every program that takes tables; returns the names
        of those that have loaded it. With a column ``id`` its rows can be highlighted from both sides.

        Raises
        ------
        TuningforkError
            When no program takes tables, or none of them could load it.
        """
        table = arrow_table(table)
        key = f"tuningfork-{uuid.uuid4().hex[:12]}"
        file = Path(self._folder.name) / f"{key}.vot"
        write_table(table, file)
        message = {
            "samp.mtype": _LOAD,
            "samp.params": {"url": file.as_uri(), "name": name, "table-id": key},
        }
        takers = list(self._client.get_subscribed_clients(_LOAD))
        if not takers:
            raise TuningforkError("no program that runs here takes tables by SAMP", remedy=START)
        if "id" in table.column_names:
            self._know(key, file.as_uri(), [str(i) for i in table["id"].to_pylist()])
        answers = {name_of(self._client, t): answered(self._client, t, message) for t in takers}
        loaded = [taker for taker, trouble in answers.items() if trouble is None]
        if not loaded:
            taker, trouble = next(iter(answers.items()))
            raise TuningforkError(f"{taker} did not load the table ({trouble})")
        return loaded

    def highlight(self, galaxy_id: str) -> None:
        """Highlight a galaxy's row of the table that was sent last, in all programs that show it.

        Raises
        ------
        UsageError
            When no table was sent.
        UnknownNameError
            When the galaxy is not in it.
        """
        with self._lock:
            latest = self._latest
            ids = self._tables[latest[0]] if latest else []
        if latest is None:
            raise UsageError("no table was sent whose row could be highlighted", remedy="Send one first")
        if galaxy_id not in ids:
            raise UnknownNameError("galaxy of the table that was sent", galaxy_id, ids)
        key, url = latest
        self._tell(ROW, {"table-id": key, "url": url, "row": str(ids.index(galaxy_id))})

    def knows(self, galaxy_id: str) -> bool:
        """Whether the galaxy is in the table that was sent last."""
        with self._lock:
            return self._latest is not None and galaxy_id in self._tables[self._latest[0]]

    def point(self, ra: float, dec: float) -> None:
        """Point all programs that show the sky at a place in degrees.

        Raises
        ------
        UsageError
            For what is no place on the sky.
        """
        place = read_place({"ra": repr(float(ra)), "dec": repr(float(dec))})
        if place is None:
            raise UsageError(f"{ra}, {dec} is no place on the sky in degrees")
        self._tell(PLACE, {"ra": f"{place[0]:.8f}", "dec": f"{place[1]:.8f}"})

    def _know(self, key: str, url: str, ids: list[str]) -> None:
        with self._lock:
            self._tables |= {key: ids, url: ids}
            self._latest = (key, url)
            for oldest in list(self._tables)[: -2 * _MOST_TABLES]:
                del self._tables[oldest]

    def _tell(self, kind: str, params: dict[str, str]) -> None:
        try:
            self._client.notify_all({"samp.mtype": kind, "samp.params": params})
        except Exception as error:  # astropy raises what the hub and the network say in several kinds
            raise TuningforkError("the SAMP hub does not answer any more", remedy=START) from error

    def _on_row(self, key: str, sender: str, message_id: str | None, mtype: str, params: Any, _: Any) -> None:
        with self._lock:
            found = read_row(params, self._tables)
        self._take(message_id, found and HeardRow(found, name_of(self._client, sender)))

    def _on_place(
        self, key: str, sender: str, message_id: str | None, mtype: str, params: Any, _: Any
    ) -> None:
        place = read_place(params)
        self._take(message_id, place and HeardPlace(*place, name_of(self._client, sender)))

    def _take(self, message_id: str | None, what: HeardRow | HeardPlace | None) -> None:
        if what and self._heard is not None:
            self._heard(what)
        if message_id is not None:
            status = "samp.ok" if what else "samp.warning"
            self._client.reply(message_id, {"samp.status": status, "samp.result": {}})
