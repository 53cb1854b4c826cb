"""One session as the page sees it: pages out, events in, opaque names on the outside.

This is the only module that calls a `tuningfork.labelling.Session`.
"""

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from tuningfork.errors import TuningforkError, UnknownNameError, UsageError
from tuningfork.web.events import PageEvent
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

    def told(self, rows: Iterable[int]) -> dict[str, Any]:
        """The opaque names of some galaxies, and the answers that stand for some of them."""
        rows = [int(row) for row in rows]
        ids = [str(galaxy_id) for galaxy_id in self.session.collection.ids(rows)] if rows else []
        labels = self.session.labels()
        names = [self._names.name(row, galaxy_id) for row, galaxy_id in zip(rows, ids, strict=True)]
        answers = {name: labels[i] for name, i in zip(names, ids, strict=True) if i in labels}
        return {"galaxies": names, "answers": answers}

    def listed(self, rows: Iterable[int]) -> dict[str, Any]:
        """The same of galaxies that a person chose on the map, to be asked about.

        One that was handed out before keeps why: an audited galaxy stays one, wherever it is answered.
        """
        rows = [int(row) for row in rows]
        for galaxy_id in self.session.collection.ids(rows) if rows else ():
            if self._handed.context(str(galaxy_id))["stream"] == "unknown":
                self._handed.remember(str(galaxy_id), {"stream": "map"})
        return self.told(rows)

    def answer_codes(self) -> np.ndarray:
        """Of every galaxy the answer that stands: uint8, 0 for none, else 1 + its place among all answers."""
        import pyarrow as pa
        import pyarrow.compute as pc

        labels, collection = self.session.labels(), self.session.collection
        codes = np.zeros(len(collection), np.uint8)
        place = {answer: i + 1 for i, answer in enumerate(self.session.question.all_answers)}
        if labels:
            found = pc.index_in(pa.array(labels, pa.large_string()), value_set=collection.id_column())
            rows = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            given = np.array([place.get(answer, 0) for answer in labels.values()], np.uint8)
            codes[rows[rows >= 0]] = given[rows >= 0]
        return codes

    def score_steps(self) -> np.ndarray:
        """Of every galaxy how high it is ranked: uint8, 0 without a score, else 1 (last) to 255 (first)."""
        rank = np.asarray(self.session.ranking().rank)
        scored = max(int((rank > 0).sum()), 1)
        return np.where(rank > 0, 255 - (rank - 1) * 254 // scored, 0).clip(0, 255).astype(np.uint8)

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
                "answer": event.answer,
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
