"""What a team does beside answering: invite, have the last word, take a person's answers back, look back."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tuningfork.labelling.events import Event, words_of
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.people.agreement import Agreement, agreement_of
from tuningfork.labelling.people.consensus import Consensus, consensus_of
from tuningfork.labelling.people.leases import Leases
from tuningfork.labelling.people.members import Members
from tuningfork.labelling.streams.counting import looked_again

__all__ = ["TeamRoom", "people_answers"]


class TeamRoom:
    """The team's side of a `Session`, as ``session.team``.

    ``members`` holds the people (`Members`), ``leases`` what was put before whom (`Leases`).

    Parameters
    ----------
    settings : SessionSettings
        Name the question and how long a lease is.
    check : callable
        Raises for an id that is not in the collection.
    """

    def __init__(self, log: LabelLog, settings: Any, check: Callable[[str], Any]):
        self.members = Members(log, own=settings.annotator)
        self.leases = Leases(log, seconds=settings.team.lease_seconds)
        self._log, self._question, self._check = log, settings.question, check

    def adjudicate(
        self, galaxy_id: str, answer: str, *, by: str, note: str = "", act: tuple[str, int] | None = None
    ) -> Event:
        """The last word on a galaxy; it stands until another one. For adjudicators and owners. ``act`` is
        the sender's name and own counter, by which a second sending is known.
        """
        self.members.require(by, "adjudicator")
        self._check(galaxy_id)
        self._question.check(answer)
        with self._log.view() as state:
            votes = {who: e.answer for who, e in words_of(state.live(galaxy_id)).items()}
        shown = {"votes": votes, "note": str(note)[:1000]}
        client, seq = act or (_client("adjudicate"), 0)
        new = NewAnswer(galaxy_id, answer, seq, shown, kind="adjudicate")
        self._log.append([new], client_id=client, annotator=by)
        with (
            self._log.view() as state
        ):  # named after its first sending, and there even when it was undone since
            return state.members(f"{client}/{seq}")[0]

    def disputes(self) -> dict[str, dict[str, str]]:
        """Galaxy id -> {person: answer} where people differ and nobody had the last word; skips say
        nothing.
        """
        told = {}
        with self._log.view() as state:
            for galaxy_id, events in state.all_live().items():
                said = words_of(events).items()
                votes = {who: str(e.answer) for who, e in said if e.answer != "skip"}
                if len(set(votes.values())) > 1 and not any(e.kind == "adjudicate" for e in events):
                    told[galaxy_id] = votes
        return told

    def changed_minds(self) -> dict[str, list[tuple[str, str, str]]]:
        """Galaxy id -> (person, first answer, answer to the repeat) where a second look differed; see
        `tuningfork.labelling.streams.counting.looked_again`.
        """
        told: dict[str, list[tuple[str, str, str]]] = {}
        with self._log.view() as state:
            for galaxy_id, person, first, second in looked_again(state):
                if first != second:
                    told.setdefault(galaxy_id, []).append((person, first, second))
        return told

    def revoke(
        self, annotator: str, *, by: str, since: int | None = None, until: int | None = None, reason: str = ""
    ) -> str:
        """Let a person's answers count for nothing, all of them or those of a span of event ids.

        Nothing is deleted, and `restore` brings them back. For owners.

        Returns
        -------
        str
            The revocation's name.
        """
        self.members.require(by, "owner")
        about: dict[str, Any] = {"annotator": annotator, "reason": str(reason)[:1000]}
        about |= {k: int(v) for k, v in (("since", since), ("until", until)) if v is not None}
        with self._log.view() as state:
            about.setdefault("until", state.last_id)  # what they answer from now on is another matter
        return self._log.revoke(about, client_id=_client("revoke"), client_seq=0, annotator=by).action

    def restore(self, revocation: str, *, by: str) -> None:
        """Take a revocation back. For owners."""
        self.members.require(by, "owner")
        self._log.restore(revocation, client_id=_client("restore"), client_seq=0, annotator=by)

    def revoked(self) -> list[dict[str, Any]]:
        """The revocations that still hold something: ``name`` to restore them by, ``annotator``, ``by``,
        ``at``, ``reason``, and ``answers``: how many galaxies they take out.
        """
        told = []
        with self._log.view() as state:
            for revocation in state.revocations():
                event = state.revocation(revocation)
                answers = sum(
                    len(state.members(a)) for a, by in state.revoked_actions().items() if by == revocation
                )
                facts = {"annotator": event.shown.get("annotator"), "reason": event.shown.get("reason", "")}
                facts |= {"name": revocation, "by": event.annotator, "at": event.at, "answers": answers}
                told.append(facts)
        return told

    def people(self) -> list[str]:
        """Everybody who ever answered anything, by name."""
        with self._log.view() as state:
            return state.annotators()

    def history(self, annotator: str, *, last: int = 200) -> list[dict[str, Any]]:
        """A person's last actions, the oldest first, each with what became of it.

        Returns
        -------
        list of dict
            ``action``, ``at``, ``state`` ("done", "undone" or "revoked") and ``answers`` [(galaxy id,
            answer)]. The stream is not told: the page is blind to it.
        """
        with self._log.view() as state:
            told = state.history(annotator)[-last:] if last > 0 else []
            return [
                {
                    "action": action,
                    "at": members[0].at,
                    "state": became,
                    "answers": [(str(m.galaxy_id), str(m.answer)) for m in members],
                }
                for action, became in told
                if (members := state.members(action))
            ]

    def votes(self) -> dict[str, dict[str, str]]:
        """Galaxy id -> {person: answer}: what each says of it, in the order in which it was said; examples,
        skips and last words are left out.
        """
        with self._log.view() as state:
            return {i: kept for i, events in state.all_live().items() if (kept := _votes(events))}

    def agreement(self, *, level: float = 0.95) -> Agreement:
        """How far people agree on the question's own answers."""
        return agreement_of(self.votes(), self._question.answers, level=level)

    def consensus(self, *, method: str = "auto") -> Consensus:
        """The team's answer for every galaxy; an adjudicator's word counts as known, like gold.

        That word stands whatever it is: "junk" too, and where nobody else gave one of the question's answers.
        """
        with self._log.view() as state:
            last = {i: str(e.answer) for i, e in state.current().items() if e.kind == "adjudicate"}
        known = self.known() | last
        told = consensus_of(self.votes(), self._question.answers, known=known, method=method)
        answers, sure = told.answers | last, told.probability | dict.fromkeys(last, 1.0)
        return replace(told, answers=answers, probability=sure)

    def known(self) -> dict[str, str]:
        """Galaxy id -> the answer that is known of it (gold)."""
        return {i: str(e.answer) for i, e in self._log.current("gold").items()}

    def add_gold(self, ids: Iterable[str], answer: str, *, by: str) -> None:
        """Say that the answer of these galaxies is known; they are planted to measure people, and never
        train.
        """
        self.members.require(by, "adjudicator")
        self._question.check(answer)
        ids = [ids] if isinstance(ids, str) else list(ids)
        for galaxy_id in ids:
            self._check(galaxy_id)
        new = [NewAnswer(i, answer, k, {"stream": "known"}, kind="gold") for k, i in enumerate(ids)]
        self._log.append(new, client_id=_client("gold"), annotator=by)


def people_answers(events: list[Event]) -> dict[str, Event]:
    """Person -> what they say among the live events of one galaxy (see `words_of`), in the order in which it
    was said; examples, skips and last words left out.
    """
    told = words_of([e for e in events if e.stream != "example"]).values()
    return {str(e.annotator): e for e in sorted(told) if e.answer != "skip"}


def _votes(events: list[Event]) -> dict[str, str]:
    return {person: str(event.answer) for person, event in people_answers(events).items()}


def _client(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex}"
