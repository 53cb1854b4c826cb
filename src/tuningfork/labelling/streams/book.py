"""The audits of a session: frozen once, kept with all that their numbers depend on, never changed."""

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from tuningfork.errors import CollectionError
from tuningfork.labelling.database import designs_table, plan_table
from tuningfork.labelling.events import State
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.streams.closing import Closing
from tuningfork.labelling.streams.drawing import allocate, allocate_closing, draw

__all__ = ["Design", "DesignBook", "Planned", "digest_of"]

_MOST_GALAXIES = 1_000_000_000


@dataclass(frozen=True)
class Design:
    """One frozen audit.

    ``ends`` are the last ranks of its strata, ``inside`` the rank that bounds the candidate pool, ``frame``
    how many galaxies of each stratum had no answer then, ``galaxies`` and ``digest`` the rows of the
    collection it was drawn from, ``last_event`` the last event that was known, ``head_version`` the model's
    hash, ``closing`` what a closing audit is to show (None for others).
    """

    number: int
    at: str
    last_event: int
    head_version: str
    ends: tuple[int, ...]
    inside: int
    frame: tuple[int, ...]
    galaxies: int
    digest: str
    packed: bytes
    closing: Closing | None = None

    @property
    def near(self) -> int:
        """How many strata, from the first, are the candidate pool."""
        return int(np.searchsorted(self.ends, self.inside)) + 1

    def strata(self) -> np.ndarray:
        """The stratum of every galaxy, uint8 [galaxies]; see `NOWHERE`."""
        unpack = zlib.decompressobj()
        codes = unpack.decompress(self.packed, max_length=self.galaxies + 1)
        if len(codes) != self.galaxies:
            raise CollectionError(f"the strata of audit {self.number} are damaged", remedy="Put a copy back")
        return np.frombuffer(codes, np.uint8)


@dataclass(frozen=True)
class Planned:
    """A galaxy that an audit drew: when its turn is, its stratum and place there, and the chance of it."""

    galaxy_id: str
    design: int
    turn: int
    stratum: int
    place: int
    probability: float


class DesignBook:
    """The audits of one session, in the label log's database."""

    def __init__(self, log: LabelLog):
        self._log = log
        self._designs: dict[int, Design] = {}
        self._plans: dict[int, list[Planned]] = {}
        self._fits: dict[int, tuple[np.ndarray, bool]] = {}

    def designs(self) -> list[Design]:
        """All audits, the oldest first."""
        mine = designs_table.c.session == self._log.session
        with self._log.reading() as connection:
            numbers = connection.execute(sa.select(designs_table.c.number).where(mine)).scalars().all()
            for number in sorted(set(numbers) - set(self._designs)):
                row = connection.execute(
                    sa.select(designs_table).where(mine & (designs_table.c.number == number))
                ).one()
                self._designs[number] = _design(row)
        return [self._designs[number] for number in sorted(numbers)]

    def fits(self, design: Design, ids: np.ndarray) -> bool:
        """Whether an audit's rows are still those of the collection, whose ids are given; it may have grown.

        Asked for the same array again it remembers: hashing millions of ids takes seconds.
        """
        of, told = self._fits.get(design.number, (None, False))
        if of is not ids:
            there = design.galaxies <= len(ids)
            told = there and digest_of(ids[: design.galaxies]) == design.digest
            self._fits[design.number] = (ids, told)
        return told

    def plan(self, number: int) -> list[Planned]:
        """Whom an audit drew, in the order in which they are asked."""
        if number not in self._plans:
            mine = (plan_table.c.session == self._log.session) & (plan_table.c.design == number)
            with self._log.reading() as connection:
                rows = connection.execute(sa.select(plan_table).where(mine).order_by(plan_table.c.turn)).all()
            self._plans[number] = [
                Planned(r.galaxy_id, r.design, r.turn, r.stratum, r.place, r.probability) for r in rows
            ]
        return self._plans[number]

    def freeze(  # noqa: PLR0913 - everything the audit depends on
        self,
        number: int,
        ids: np.ndarray,
        codes: np.ndarray,
        ends: np.ndarray,
        *,
        inside: int,
        head_version: str,
        size: int,
        seed: int,
        answered: Callable[[State], np.ndarray],
        closing: Closing | None = None,
    ) -> None:
        """Draw audit ``number``; nothing happens when it is there already (another process was first).

        Parameters
        ----------
        ids : object [n]
            Of all galaxies, in row order.
        codes : uint8 [n]
            Their strata, see `tuningfork.labelling.streams.drawing`.
        ends : int [h]
            Last ranks of the strata.
        answered : callable
            bool [n] from the log's state of the moment of the draw: who is out of the frame.
        closing : Closing, optional
            What it is to show, if it is a closing audit; ``ends`` are `closing_ends` then.
        """
        with self._log.writing() as connection:
            mine = (designs_table.c.session == self._log.session) & (designs_table.c.number == number)
            if connection.execute(sa.select(designs_table.c.number).where(mine)).first() is not None:
                return
            with self._log.view() as state:
                out, last = answered(state), state.last_id
            near = int(np.searchsorted(ends, inside)) + 1
            allot = allocate if closing is None else allocate_closing
            drawn = draw(codes, out, size, near=near, seed=[seed, 6, number], allot=allot)
            frame = np.bincount(codes[~out & (codes < len(ends))], minlength=len(ends))
            facts = {
                "ends": [int(e) for e in ends],
                "inside": int(inside),
                "frame": [int(u) for u in frame],
                "galaxies": len(ids),
                "digest": digest_of(ids),
                "seed": [seed, 6, number],
            } | ({} if closing is None else {"closing": asdict(closing)})
            row = {"session": self._log.session, "number": number, "last_event": last}
            row |= {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "facts": json.dumps(facts)}
            row |= {"head_version": head_version, "strata": zlib.compress(codes.tobytes(), 6)}
            connection.execute(designs_table.insert(), [row])
            planned = [
                {
                    "session": self._log.session,
                    "design": number,
                    "turn": int(drawn.turn[k]),
                    "galaxy_id": str(ids[drawn.rows[k]]),
                    "stratum": int(drawn.stratum[k]),
                    "place": int(drawn.place[k]),
                    "probability": float(drawn.probability[k]),
                }
                for k in range(len(drawn.rows))
            ]
            if planned:
                connection.execute(plan_table.insert(), planned)


def digest_of(ids: np.ndarray) -> str:
    """A hash of ids in their order."""
    digest = hashlib.sha256()
    for galaxy_id in ids:
        digest.update(f"{galaxy_id}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _design(row: sa.Row) -> Design:
    facts = json.loads(row.facts)
    if not 0 <= int(facts["galaxies"]) <= _MOST_GALAXIES:
        raise CollectionError(f"audit {row.number} is damaged", remedy="Put a copy of the label log back")
    return Design(
        number=row.number,
        at=row.at,
        last_event=row.last_event,
        head_version=row.head_version,
        ends=tuple(facts["ends"]),
        inside=facts["inside"],
        frame=tuple(facts["frame"]),
        galaxies=facts["galaxies"],
        digest=facts["digest"],
        packed=bytes(row.strata),
        closing=Closing(**facts["closing"]) if "closing" in facts else None,
    )
