"""One session as the page sees it: pages out, events in, opaque names on the outside."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from tuningfork.errors import TuningforkError, UsageError
from tuningfork.labelling.blind import BlindTally
from tuningfork.labelling.streams.settings import HIDDEN
from tuningfork.web.beside import Beside
from tuningfork.web.claims import Claims
from tuningfork.web.events import PageEvent
from tuningfork.web.forms import described
from tuningfork.web.handed import Handed
from tuningfork.web.identifiers import Identifiers, NoSuchGalaxyError
from tuningfork.web.looks import Looks
from tuningfork.web.refits import Refits

__all__ = ["Loop"]

_KNOW_STREAMS = ("adjudicator", "owner")  # the others stay blind to what they are shown and why
_GUESS = ("score", "head_version")  # what of a revealed context tells of no stream: a low rank says audit
_VIEWS = ("similar", "review")  # in which a galaxy is answered for another reason than that it was asked


class Loop:
    """A session with its background refits. Every call names the person for whom it is.

    Parameters
    ----------
    session : Session
        See `tuningfork.labelling`.
    identifiers : Identifiers
        Of the session's collection.
    """

    def __init__(self, session: Any, identifiers: Identifiers):
        self.session = session
        self.owner: str = session.settings.annotator
        self.looks = Looks(session, identifiers)
        self.claims = Claims(session)
        self.first_page = threading.Event()  # set when galaxies were handed out
        self._names = identifiers
        self._handed, self._tally = Handed(), BlindTally(session.question)
        self.beside = Beside(session, identifiers, self._handed, self.looks)
        self.refits = Refits(session.refit)

    def knows_streams(self, who: str) -> bool:
        """Whether a person may learn how much of what is asked is audit, known galaxy or second look."""
        return self.session.team.members.role_of(who) in _KNOW_STREAMS

    def describe(self, who: str) -> dict[str, Any]:
        """What the page shows of the session itself; ``shares`` of the streams for those who may know."""
        question, streams = self.session.question, self.session.settings.streams
        shares = {name: getattr(streams, name) for name in HIDDEN}
        return {
            "name": self.session.name,
            "question": question.text,
            "answers": list(question.all_answers),
            "positive": question.positive,
            "form": described(question.form),
            "strategy": self.session.strategy_name,
            "head": self.session.head_name,
            "vectors": list(self.session.encoder_keys),
            **({"shares": shares} if self.knows_streams(who) else {}),
            "me": {"name": who, "role": self.session.team.members.role_of(who)},
        }

    def page(
        self,
        who: str,
        client: str,
        held: Iterable[object],
        n: int,
        *,
        after: str | None = None,
        patient: bool = False,
    ) -> dict[str, Any]:
        """The next ``n`` galaxies for one person, as opaque names; fewer at the end.

        Parameters
        ----------
        client : str
            The page. It keeps what it got until that is answered or the lease ends.
        held : iterable of str
            What lies on it. Where its answer is in the log by now it counts for nothing.
        n : int
            0 when the page is closed: it gives back what it does not hold.
        after : str, optional
            The page whose place this one takes, after a reload or a crash.
        patient : bool
            A page that asks by itself: what lies on the person's other pages stays there.

        Returns
        -------
        dict
            ``galaxies``; ``elsewhere``: at the end, how many lie on other pages still.
        """
        mine = self.looks.waiting(who, held)
        leases = self.session.team.leases
        if not n:
            leases.give_back(who, client, keep=mine)
            return {"galaxies": [], "elsewhere": 0}
        if after is not None:
            leases.take_over(who, after, client, mine)
        leases.renew(who, client, mine)
        asked = {"client_id": client, "annotator": who, "wait": False}  # what is answered refits behind
        choices = self.session.lease(n, exclude=mine, **asked)
        if not choices and not patient:  # what lies on the person's other pages is asked here
            leases.give_back(who, client, others=True)
            choices = self.session.lease(n, exclude=mine, **asked)
        if choices:
            self.first_page.set()
            return {"galaxies": self._hand_out(who, choices), "elsewhere": 0}
        done = {i for i, answer in self.session.labels().items() if answer != "skip"}
        elsewhere = leases.held(who, client).keys() - done - self.looks.own(who).keys()
        return {"galaxies": [], "elsewhere": len(elsewhere)}

    def told(self, who: str, rows: Iterable[int]) -> dict[str, Any]:
        """The opaque names of some galaxies, and what the person said of them."""
        rows = [int(row) for row in rows]
        ids = [str(galaxy_id) for galaxy_id in self.session.collection.ids(rows)] if rows else []
        names = [self._names.name(row, galaxy_id) for row, galaxy_id in zip(rows, ids, strict=True)]
        return {"galaxies": names, "answers": self.looks.answers(who, names)}

    def standing(self, who: str) -> dict[str, str]:
        """Galaxy id -> answer: all that stand, or a person's own where several answer the same galaxies."""
        return self.session.labels() if self.session.settings.team.alone else self.looks.own(who)

    def best(self, who: str, n: int, *, found_only: bool) -> list[dict[str, Any]]:
        """The best galaxies so far; ``found_only`` leaves out guesses, to keep the page blind.

        Where several people answer the same galaxies, what others found is left out for the same reason.
        """
        labels, positive = self.standing(who), self.session.question.positive
        choices = self.session.best(max(n, 10 * n if found_only else n))
        best = [(c, labels.get(str(c.id)) == positive) for c in choices]
        return [
            {"id": self._names.name(int(c.row), str(c.id)), "name": str(c.id), "found": found}
            for c, found in best
            if found or not found_only
        ][:n]

    def progress(self, who: str) -> dict[str, Any]:
        """Counts, learning curve and the state of the ranking."""
        with self.session.log.view() as state:
            numbers = self._tally.progress(state, who)
        return {
            **numbers,
            "galaxies": len(self.session.collection),
            "strategy": self.session.strategy_name,
            "head": self.session.head_name,
        }

    def record(
        self, who: str, client: str, events: Iterable[PageEvent], *, reveal: bool
    ) -> list[dict[str, Any]]:
        """Write what happened on a page, in order.

        Parameters
        ----------
        client : str
            The page, by its own random name.
        events : iterable of PageEvent
            In the order in which they happened.
        reveal : bool
            Whether the result of an answer says why its galaxy was asked: after the answer, never before, and
            to those who may know of streams; others get the machine's guess alone.

        Returns
        -------
        list of dict
            One result an event, with ``seq``. ``error`` says that it will never be taken, and the next ones
            go on; ``later`` that it cannot be taken now (a full disk), and there the list ends: send the rest
            again.
        """
        results: list[dict[str, Any]] = []
        for event in events:
            results.append(self._record_one(who, client, event, reveal))
            if "later" in results[-1]:
                break
        if any(not {"error", "later"} & result.keys() for result in results):
            self.refits.ask()
        return results

    def begin_closing(self, who: str, completeness: float) -> dict[str, Any]:
        """Let random looks decide whether so much is found; how many of them, inside how large a pool."""
        drawn = self.session.begin_closing(completeness, annotator=who)
        self.claims.count_anew()
        return {"looks": drawn.looks, "inside": drawn.inside, "completeness": drawn.completeness}

    def call_off_closing(self, who: str) -> dict[str, Any]:
        """Let the hunt go on; whether a closing audit ran."""
        called = self.session.call_off_closing(annotator=who)
        self.claims.count_anew()
        return {"called_off": called is not None}

    def configure(
        self,
        *,
        strategy: str | None = None,
        head: str | None = None,
        encoder: Sequence[str] = (),
        shares: dict[str, float] | None = None,
    ) -> None:
        """Choose another strategy, head, vectors or shares of the streams; what was handed out and every
        answer stays.
        """
        if shares:
            self.session.set_streams(replace(self.session.settings.streams, **shares))
        if encoder:
            self.session.set_encoder(encoder)
        if strategy is not None:
            self.session.set_strategy(strategy)
        if head is not None:
            self.session.set_head(head)
        self.refits.ask()

    def _record_one(self, who: str, client: str, event: PageEvent, reveal: bool) -> dict[str, Any]:
        try:
            if event.kind == "answer":
                return self._answer(who, client, event, reveal)
            if event.kind == "settle":
                return self._settle(who, client, event)
            turn = self.session.undo if event.kind == "undo" else self.session.redo
            undone = turn(client_id=client, client_seq=event.seq, annotator=who)
            return {"seq": event.seq, "galaxies": self.looks.standing(who, undone)}
        except (UsageError, NoSuchGalaxyError) as error:
            return {"seq": event.seq, "error": str(error)}
        except TuningforkError as error:
            return {"seq": event.seq, "later": str(error)}

    def _answer(self, who: str, client: str, event: PageEvent, reveal: bool) -> dict[str, Any]:
        read = [(item, *self._names.read(item.galaxy)) for item in event.items]
        if event.shown.get("view") not in _VIEWS:
            asked = [(item.galaxy, galaxy_id, look) for item, _, galaxy_id, look in read]
            self._handed.recall(who, asked, self.session.team.leases.reasons)
        answers = [
            {
                "galaxy_id": galaxy_id,
                "answer": item.path or event.path or event.answer,
                "client_seq": item.seq,
                "shown": {
                    **self._context(who, item.galaxy, look, event.shown.get("view")),
                    **event.shown,
                    "position": item.position,
                    **({"look": look} if look else {}),
                },
            }
            for item, _, galaxy_id, look in read
        ]
        acks = self.session.answer_many(answers, client_id=client, annotator=who)
        result: dict[str, Any] = {"seq": event.seq, "duplicate": all(ack.duplicate for ack in acks)}
        if reveal and len(read) == 1:
            item, _, galaxy_id, look = read[0]
            context = self._context(who, item.galaxy, look, "page")
            if not self.knows_streams(who):
                context = {name: context[name] for name in _GUESS if name in context}
            result["reveal"] = {"name": galaxy_id, **context}
        return result

    def _settle(self, who: str, client: str, event: PageEvent) -> dict[str, Any]:
        """The last word on galaxies about which people differ."""
        settled = [
            (item, self._names.resolve(item.galaxy)[1]) for item in event.items
        ]  # all of them, or none
        for item, galaxy_id in settled:
            self.session.team.adjudicate(galaxy_id, event.answer, by=who, act=(client, item.seq))
        return {"seq": event.seq, "duplicate": False}

    def _context(self, who: str, name: str, look: int, view: str | None) -> dict[str, Any]:
        kept = view if view in _VIEWS else "page"  # one from the map keeps why it was asked, if it was
        context = self._handed.context(who, name, look=look, view=kept)
        elsewhere = view == "map" or kept != "page"
        return {"stream": view} if elsewhere and context["stream"] == "unknown" else context

    def _hand_out(self, who: str, choices: Iterable[Any]) -> list[str]:
        choices = list(choices)
        names = self.looks.names(who, choices)
        for name, choice in zip(names, choices, strict=True):
            self._handed.remember(who, name, choice.shown())
        return names
