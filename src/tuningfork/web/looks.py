"""Galaxies as one person has looked at them: which look comes next, what they said in each, their history."""

from collections.abc import Iterable
from typing import Any

from tuningfork.labelling.events import words_of
from tuningfork.labelling.people.team import others_have
from tuningfork.labelling.review import MOST
from tuningfork.web.identifiers import Identifiers, NoSuchGalaxyError

__all__ = ["Looks"]

LISTS = ("maybes", "doubted", "rejects", "twice", "pairs")


class Looks:
    """One session's log, read for the page; a look is one answer of one person about one galaxy.

    A galaxy that is asked of a person again bears another name, that of the next look, and what they said
    before stands under the old name only.

    Parameters
    ----------
    session : Session
        Whose log it is.
    identifiers : Identifiers
        Of its collection.
    """

    def __init__(self, session: Any, identifiers: Identifiers):
        self._session, self._names = session, identifiers

    def names(self, who: str, choices: Iterable[Any]) -> list[str]:
        """The opaque names of galaxies that are put before a person to be answered."""
        with self._session.log.view() as state:
            looks = [(c, len(_own(state, who, str(c.id)))) for c in choices]
        return [self._names.name(int(c.row), str(c.id), look) for c, look in looks]

    def waiting(self, who: str, held: Iterable[object]) -> list[str]:
        """The ids of those galaxies on a page whose answer is not in the log yet."""
        read = [self._names.read(name) for name in held]
        with self._session.log.view() as state:
            return sorted({i for _, i, look in read if _said(state, who, i, look) is None})

    def answers(self, who: str, names: Iterable[str]) -> dict[str, str]:
        """{name: what the person said in that look}, of those that have an answer."""
        read = [(name, *self._names.read(name)) for name in names]
        with self._session.log.view() as state:
            told = {name: _said(state, who, galaxy_id, look) for name, _, galaxy_id, look in read}
        return {name: answer for name, answer in told.items() if answer is not None}

    def of_others(self, who: str, names: Iterable[str]) -> list[str]:
        """Those of some galaxies that another person has answered or holds now, so that this one need not; of
        those this person answered too, where the other's answer stands.

        Where several people answer each galaxy only what is closed whatever was said, since who asks must not
        learn the answers. Nothing is told of known galaxies and second looks, which must look like any other;
        nor of what was never put before this person: what others have is asked of nobody else but as a known
        galaxy, so who knows it beforehand tells that apart.
        """
        read = [(name, *self._names.read(name)) for name in names]
        room, team = self._session.team, self._session.settings.team
        reasons = room.leases.reasons(who, {galaxy_id for _, _, galaxy_id, _ in read})
        held = room.leases.held(who, None)
        with self._session.log.view() as state:
            gold = state.current("gold")
            return [
                name
                for name, _, galaxy_id, look in read
                if not look
                and reasons.get(galaxy_id)
                and galaxy_id not in gold
                and not any(one.get("stream") == "gold" for one in reasons[galaxy_id])
                and others_have(state.live(galaxy_id), who, team, held.get(galaxy_id, set()))
            ]

    def known(self, names: Iterable[str]) -> list[str]:
        """Those of some names that are names of galaxies here."""
        return [name for name in names if self._is_known(name)]

    def _is_known(self, name: str) -> bool:
        try:
            self._names.read(name)
        except NoSuchGalaxyError:
            return False
        return True

    def own(self, who: str) -> dict[str, str]:
        """Galaxy id -> what the person says of it; see `tuningfork.labelling.events.words_of`."""
        with self._session.log.view() as state:
            return {i: str(words_of(state.live(i))[who].answer) for i in state.answered_by(who)}

    def standing(self, who: str, undone: Any) -> list[dict[str, Any]]:
        """The galaxies an undo or redo touched, each with what the person says of it now in that look."""
        if undone is None:
            return []
        with self._session.log.view() as state:
            return self._cards(state, who, state.members(undone.action), now=True)

    def history(self, who: str, *, last: int = 200) -> list[dict[str, Any]]:
        """A person's last acts, the newest first: ``act``, ``kind``, ``at``, ``state`` ("done", "undone",
        "revoked"), ``galaxies`` with the answers that were given.
        """
        told = []
        with self._session.log.view() as state:
            for action, became in reversed(state.history(who)[-last:]):
                members = state.members(action)
                if members:
                    cards = self._cards(state, who, members, now=False)
                    facts = {"act": action, "kind": members[0].kind, "at": members[0].at, "state": became}
                    told.append({**facts, "count": len(members), "galaxies": cards})
        return told

    def review(self, who: str, *, settles: bool) -> dict[str, Any]:
        """Lists of galaxies to look at again, as names, with the person's answers; with ``settles`` also
        those about which people differ, with who said what.
        """
        review = self._session.review(who)
        _, row_of = self._session.row_numbers()
        lists = {
            kind: [self._names.name(row_of[i], i) for i in getattr(review, kind) if i in row_of]
            for kind in LISTS
        }
        own = self.own(who)
        told = {kind: getattr(review, kind) for kind in LISTS}
        answers = {
            name: own[i]
            for kind in LISTS
            for name, i in zip(lists[kind], told[kind], strict=False)
            if i in own
        }
        disputes = self._session.team.disputes() if settles else {}
        disputed = [i for i in disputes if i in row_of][:MOST]
        lists["disputes"] = [self._names.name(row_of[i], i) for i in disputed]
        votes = {name: disputes[i] for name, i in zip(lists["disputes"], disputed, strict=True)}
        return {"lists": lists, "answers": answers, "votes": votes}

    def _cards(self, state: Any, who: str, members: list[Any], *, now: bool) -> list[dict[str, Any]]:
        _, row_of = self._session.row_numbers()
        cards = []
        for event in members:
            galaxy_id, look = str(event.galaxy_id), int(event.shown.get("look") or 0)
            if galaxy_id in row_of:  # not an example picture from outside
                answer = _said(state, who, galaxy_id, look) if now else str(event.answer)
                cards.append({"id": self._names.name(row_of[galaxy_id], galaxy_id, look), "answer": answer})
        return cards


def _own(state: Any, who: str, galaxy_id: str) -> list[Any]:
    """The person's live answers about a galaxy, in order."""
    return [e for e in state.live(galaxy_id) if e.annotator == who and e.kind == "answer"]


def _said(state: Any, who: str, galaxy_id: str, look: int) -> str | None:
    mine = [e for e in _own(state, who, galaxy_id) if int(e.shown.get("look") or 0) == look]
    return str(mine[-1].answer) if mine else None
