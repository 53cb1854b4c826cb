"""Hand galaxies to people: what each may still be asked, and that no two hold the same."""

from typing import Any

from tuningfork.labelling.asking import Asking
from tuningfork.labelling.choices import Choice
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.people.room import TeamRoom
from tuningfork.labelling.people.team import closed_for
from tuningfork.labelling.streams.desk import StreamDesk

__all__ = ["Handing"]


class Handing:
    """Between the people of a session and its choosing.

    Parameters
    ----------
    settings : SessionSettings
        Name the positive answer and how many people look at a galaxy.
    """

    def __init__(self, log: LabelLog, asking: Asking, desk: StreamDesk, team: TeamRoom, settings: Any):
        self._log, self._asking, self._desk, self._room = log, asking, desk, team
        self.team, self._positive = settings.team, settings.question.positive  # the first may change

    def choose(
        self, n: int, out: set[str], who: str, client_id: str | None = None, *, wait: bool = True
    ) -> list[Choice]:
        """At most n galaxies that a person may be asked about; nothing is written down.

        Parameters
        ----------
        out : set of str
            What lies on pages already.
        client_id : str, optional
            The page; what another page of the same person holds is left out too.
        wait : bool
            For a fit to the newest answers.
        """
        held = self._room.leases.held(who, client_id)
        elsewhere = {i for i, whose in held.items() if "" in whose}
        with self._log.view() as state:
            # looks, not galaxies: a repeat takes a place too, or its slot would ask for repeats for ever
            place = state.looks_by(who) + len(out)
        closed = self._closed(who, held) | elsewhere
        return self._asking.next_batch(n, out | elsewhere, person=who, place=place, closed=closed, wait=wait)

    def lease(
        self, n: int, exclude: set[str], who: str, client_id: str, *, wait: bool = True
    ) -> list[Choice]:
        """The same, written down and kept from others."""
        self._room.members.require(who, "annotator")
        out, got = set(exclude), []
        while len(got) < n and (choices := self.choose(n - len(got), out, who, client_id, wait=wait)):
            out |= {c.id for c in choices}  # what somebody took in between is not tried again
            got += self._room.leases.claim(
                choices, person=who, client_id=client_id, closed=lambda held: self._closed(who, held)
            )
        return got

    def _closed(self, who: str, held: dict[str, set[str]]) -> set[str]:
        running = self._desk.open_plan() if self.team.overlap_audit > 1 else ()
        audited = {p.galaxy_id for p in running}
        with self._log.view() as state:
            return closed_for(state, who, self.team, positive=self._positive, audited=audited, held=held)
