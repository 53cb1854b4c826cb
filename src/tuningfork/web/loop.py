"""One session as the page sees it: pages out, events in, opaque names on the outside.

This is the only module that calls a `tuningfork.labelling.Session`.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from tuningfork.errors import TuningforkError, UnknownNameError, UsageError
from tuningfork.web.events import PageEvent
from tuningfork.web.forms import described
from tuningfork.web.handed import Handed
from tuningfork.web.identifiers import Identifiers, NoSuchGalaxyError
from tuningfork.web.refits import Refits

__all__ = ["Loop"]


class Loop:
    """A session with its background refits.

    Parameters
    ----------
    session : Session
        See `tuningfork.labelling`.
    identifiers : Identifiers
        Of the session's collection.
    """

    def __init__(self, session: Any, identifiers: Identifiers):
        self.session = session
        self._names = identifiers
        self._handed = Handed()
        self._choosing = threading.Lock()
        self.refits = Refits(session.refit)

    def describe(self) -> dict[str, Any]:
        """What the page shows of the session itself."""
        question = self.session.question
        return {
            "name": self.session.name,
            "question": question.text,
            "answers": list(question.all_answers),
            "positive": question.positive,
            "form": described(question.form),
            "strategy": self.session.strategy_name,
            "head": self.session.head_name,
        }

    def page(self, client: str, held: Iterable[object], n: int) -> list[str]:
        """The next ``n`` galaxies that are on nobody's page, as opaque names; fewer at the end.

        When all that is left lies on other pages it is asked here too: they may have been closed long ago.
        ``n`` of 0 only says what the page holds.
        """
        mine = [self._names.resolve(name)[1] for name in held]
        with self._choosing:  # between choosing and holding no other page may choose
            self._handed.hold(client, mine)
            choices = self.session.next_batch(n, exclude=sorted(self._handed.held())) if n else []
            if n and not choices:
                choices = self.session.next_batch(n, exclude=sorted(mine))
            self._handed.hold(client, [*mine, *(str(c.id) for c in choices)])
        return self._hand_out(choices)

    def similar(self, name: object, n: int) -> dict[str, Any]:
        """The galaxies most like one, and the answers that stand for some of them."""
        choices = self.session.similar(self._names.resolve(name)[1], n)
        labels = self.session.labels()
        names = self._hand_out(choices)
        answers = {name: labels[c.id] for name, c in zip(names, choices, strict=True) if c.id in labels}
        return {"galaxies": names, "answers": answers}

    def like_picture(self, rows: Sequence[int], n: int) -> dict[str, Any]:
        """The same for a picture from outside, whose nearest rows are known."""
        labels, ids = self.session.labels(), self.session.collection.ids(list(rows[:n]))
        strategy = self.session.strategy_name
        names = []
        for row, galaxy_id in zip(rows, map(str, ids), strict=False):
            reason = "like a picture from outside"
            context = {"stream": "similar", "strategy": strategy, "reason": reason, "probability": None}
            self._handed.remember(galaxy_id, context)
            names.append(self._names.name(int(row), galaxy_id))
        answers = {n: labels[i] for n, i in zip(names, map(str, ids), strict=True) if i in labels}
        return {"galaxies": names, "answers": answers}

    def compare(self, name: object, n: int, *, unanswered: bool) -> list[dict[str, Any]]:
        """The galaxies most like one among those that were answered, class by class."""
        galaxy_id = self._names.resolve(name)[1]
        groups = self.session.compare(galaxy_id, n, unanswered=unanswered)
        named = {
            answer: [self._names.name(int(c.row), str(c.id)) for c in group]
            for answer, group in groups.items()
        }
        return [{"answer": answer, "galaxies": names} for answer, names in named.items()]

    def best(self, n: int, *, found_only: bool) -> list[dict[str, Any]]:
        """The best galaxies so far; ``found_only`` leaves out guesses, to keep the page blind."""
        labels, positive = self.session.labels(), self.session.question.positive
        choices = self.session.best(max(n, 10 * n if found_only else n))
        best = [(c, labels.get(str(c.id)) == positive) for c in choices]
        return [
            {"id": self._names.name(int(c.row), str(c.id)), "name": str(c.id), "found": found}
            for c, found in best
            if found or not found_only
        ][:n]

    def progress(self) -> dict[str, Any]:
        """Counts, learning curve and the state of the ranking."""
        return {
            **self.session.progress(),
            "galaxies": len(self.session.collection),
            "strategy": self.session.strategy_name,
            "head": self.session.head_name,
        }

    def record(self, client: str, events: Iterable[PageEvent], *, reveal: bool) -> list[dict[str, Any]]:
        """Write what happened on a page, in order.

        Parameters
        ----------
        client : str
            The page, by its own random name.
        events : iterable of PageEvent
            In the order in which they happened.
        reveal : bool
            Whether the result of an answer says why its galaxy was asked: after the answer, never before.

        Returns
        -------
        list of dict
            One result an event, with ``seq``. ``error`` says that it will never be taken, and the next ones
            go on; ``later`` that it cannot be taken now (a full disk), and there the list ends: send the rest
            again.
        """
        results: list[dict[str, Any]] = []
        for event in events:
            results.append(self._record_one(client, event, reveal))
            if "later" in results[-1]:
                break
        if any(not {"error", "later"} & result.keys() for result in results):
            self.refits.ask()
        return results

    def configure(self, *, strategy: str | None = None, head: str | None = None) -> None:
        """Choose another strategy or head; what was handed out stays."""
        if strategy is not None:
            self.session.set_strategy(strategy)
        if head is not None:
            self.session.set_head(head)
        self.refits.ask()

    def _record_one(self, client: str, event: PageEvent, reveal: bool) -> dict[str, Any]:
        try:
            if event.kind == "answer":
                return self._answer(client, event, reveal)
            turn = self.session.undo if event.kind == "undo" else self.session.redo
            undone = turn(client_id=client, client_seq=event.seq)
            return {"seq": event.seq, "galaxies": self._standing(undone)}
        except (UsageError, NoSuchGalaxyError) as error:
            return {"seq": event.seq, "error": str(error)}
        except TuningforkError as error:
            return {"seq": event.seq, "later": str(error)}

    def _answer(self, client: str, event: PageEvent, reveal: bool) -> dict[str, Any]:
        ids = [self._names.resolve(item.galaxy)[1] for item in event.items]
        answers = [
            {
                "galaxy_id": galaxy_id,
                "answer": event.path or event.answer,
                "client_seq": item.seq,
                "shown": {**self._handed.context(galaxy_id), **event.shown, "position": item.position},
            }
            for galaxy_id, item in zip(ids, event.items, strict=True)
        ]
        acks = self.session.answer_many(answers, client_id=client)
        result: dict[str, Any] = {"seq": event.seq, "duplicate": all(ack.duplicate for ack in acks)}
        if reveal and len(ids) == 1:
            result["reveal"] = {"name": ids[0], **self._handed.context(ids[0])}
        return result

    def _standing(self, undone: Any) -> list[dict[str, Any]]:
        """The galaxies an undo or redo touched, each with the answer that stands now."""
        if undone is None:
            return []
        labels, standing = self.session.labels(), []
        for galaxy_id, _ in undone.answers:
            try:
                row = int(self.session.collection.rows_of([galaxy_id])[0])
            except UnknownNameError:
                continue  # an example picture from outside
            standing.append({"id": self._names.name(row, galaxy_id), "answer": labels.get(galaxy_id)})
        return standing

    def _hand_out(self, choices: Iterable[Any]) -> list[str]:
        names = []
        for choice in choices:
            self._handed.remember(str(choice.id), choice.shown())
            names.append(self._names.name(int(choice.row), str(choice.id)))
        return names
