"""The human loop as plain commands, for notebooks and scripts: ask, answer, refit, rank, estimate, export.

The notebook of Fu et al. (2024), section V A and their Fig. 9, lets one view images and execute commands
instead of clicking; these are such commands, on the same session and label log as the page.
"""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tuningfork.errors import UsageError
from tuningfork.labelling.choices import Choice
from tuningfork.labelling.opening import create_session, open_session, opened
from tuningfork.labelling.ranker import Ranking
from tuningfork.labelling.session import Session
from tuningfork.labelling.settings import list_sessions
from tuningfork.labelling.sheet import Sheet

__all__ = ["HumanLoop", "human_loop"]


def human_loop(
    collection: Any,
    name: str = "first",
    *,
    question: Any = None,
    examples: Iterable[str] = (),
    **settings: Any,
) -> "HumanLoop":
    """Open the session of that name, or start it.

    Parameters
    ----------
    collection : Collection or path
        With embeddings.
    name : str
        Of the session; the page finds it under the same name.
    question : Question or str, optional
        What is asked; of a session that is there already it may only be the same.
    examples : iterable of str
        Ids of galaxies that one looks for; given once, when the session is started.
    settings
        Of `create_session`, when the session is started: ``encoder``, ``head``, ``strategy``, ...

    Raises
    ------
    UsageError
        When the session asks something else, or settings are given for one that is there.
    """
    collection = opened(collection)
    if name not in list_sessions(collection):
        session = create_session(collection, name=name, question=question, **settings)
        if ids := list(examples):
            session.add_examples(ids)
        return HumanLoop(session)
    session = open_session(collection, name)
    asked = session.question.text
    if question is not None and getattr(question, "text", question) != asked:
        session.close()
        raise UsageError(f"the session '{name}' asks '{asked}'", remedy="Choose another name")
    if settings:
        session.close()
        raise UsageError(f"the session '{name}' has its settings already ({', '.join(settings)} given)")
    return HumanLoop(session)


class HumanLoop:
    """One person's hands on a `Session`: galaxies are put up by `ask` and answered by their numbers.

    ``session`` is the session itself, for all that is not here.
    """

    def __init__(self, session: Session):
        self.session = session
        self._client = f"commands-{uuid.uuid4().hex}"
        self._next = 0
        self._asked: list[Choice] = []
        self._done: set[int] = set()

    def __repr__(self) -> str:
        told = self.session.progress()
        return f"HumanLoop({self.session!r}: {told['answers']} galaxies answered, {told['found']} found)"

    def ask(self, n: int = 12) -> Sheet:
        """Put up the next galaxies, under numbers from 1; what was not answered before may come again.

        The numbers are all that stands there: score, rank and id would lead the eye.
        """
        who = self.session.settings.annotator
        self.session.team.leases.give_back(who, self._client)
        self._asked, self._done = self.session.lease(n, client_id=self._client), set()
        numbers = [str(number) for number in range(1, len(self._asked) + 1)]
        return Sheet(self.session.collection, [c.row for c in self._asked], numbers)

    def answer(self, answer: str, *which: int | str) -> dict[str, int]:
        """Answer galaxies as one action.

        Parameters
        ----------
        answer : str
            One of the question's answers, "maybe", "junk" or "skip".
        which : int or str
            Numbers of the last `ask`, or ids of the collection; all that is left of the last `ask` when none
            is given.

        Returns
        -------
        dict
            ``answers`` (one a galaxy), ``found`` of the session, and ``left`` of the last `ask`.

        Raises
        ------
        UsageError
            For a number that is not up, or when nothing is left.
        UnknownNameError
            For an id or an answer that is not one.
        """
        places, named = self._chosen(which)
        if not places and not named:
            raise UsageError("nothing is up for an answer", remedy="Ask first: .ask(12)")
        up = [(self._asked[place], place) for place in places]
        new = [
            {"galaxy_id": c.id, "shown": {**c.shown(), "view": "sheet", "position": place}} for c, place in up
        ]
        new += [{"galaxy_id": galaxy_id, "shown": {"stream": "example"}} for galaxy_id in named]
        events = [{**one, "answer": answer, "client_seq": self._next + k} for k, one in enumerate(new)]
        self.session.answer_many(events, client_id=self._client)
        self._next += len(new)
        self._done |= set(places)
        return self._standing()

    def undo(self) -> dict[str, int]:
        """Take back the last action; returns as `answer` does."""
        self.session.undo(client_id=self._client, client_seq=self._take_number())
        return self._standing()

    def redo(self) -> dict[str, int]:
        """Bring back what was undone last; returns as `answer` does."""
        self.session.redo(client_id=self._client, client_seq=self._take_number())
        return self._standing()

    def refit(self) -> Ranking:
        """Learn from all answers now. `ask`, `rank` and `show` do so by themselves."""
        return self.session.refit()

    def rank(self, n: int = 24) -> Any:
        """The best so far as an astropy Table: ``rank``, ``id``, ``score``, ``label`` (masked where not
        answered). What was answered otherwise than yes is left out.
        """
        import pyarrow as pa

        from tuningfork.collection import to_astropy

        best, labels = self.session.best(n), self.session.labels()
        columns = {
            "rank": pa.array([c.rank for c in best], pa.int64()),
            "id": pa.array([c.id for c in best], pa.string()),
            "score": pa.array([c.score for c in best], pa.float32()),
            "label": pa.array([labels.get(c.id) for c in best], pa.string()),
        }
        return to_astropy(pa.table(columns))

    def show(self, n: int = 12) -> Sheet:
        """The best so far as pictures, with rank and score."""
        best = self.session.best(n)
        captions = [f"{c.rank}: {c.score:.2f}" for c in best]
        return Sheet(self.session.collection, [c.row for c in best], captions)

    def similar(self, galaxy_id: str, n: int = 12) -> Sheet:
        """The galaxies most like one, with the cosine."""
        like = self.session.similar(galaxy_id, n)
        return Sheet(self.session.collection, [c.row for c in like], [f"{c.score:.2f}: {c.id}" for c in like])

    def estimate(self, *, level: float = 0.95) -> dict[str, Any]:
        """What may be claimed; ``["sentences"]`` is for the paper. See `Session.estimate`."""
        return self.session.estimate(level=level)

    def table(self, *, all_rows: bool = False) -> Any:
        """What was answered as an astropy Table; see `Session.table`."""
        return self.session.table(all_rows=all_rows)

    def export(self, path: Path | str, *, all_rows: bool = False) -> Any:
        """Write that table as a file (csv, tsv, parquet, fits, vot, ecsv); see `Session.export`."""
        return self.session.export(path, all_rows=all_rows)

    def close(self) -> None:
        """Give back what is up, and let go of the database."""
        self.session.team.leases.give_back(self.session.settings.annotator, self._client)
        self.session.close()

    def _chosen(self, which: tuple[int | str, ...]) -> tuple[list[int], list[str]]:
        """Places of the last `ask`, from 0, and ids that are not among them."""
        if not which:
            return self._left(), []
        up = {choice.id: place for place, choice in enumerate(self._asked)}
        numbers = [up.get(w, w) if isinstance(w, str) else self._place(w) for w in which]
        places = [n for n in numbers if not isinstance(n, str)]
        named = [w for w in which if isinstance(w, str) and w not in up]
        return list(dict.fromkeys(places)), list(dict.fromkeys(named))

    def _place(self, number: int) -> int:
        if isinstance(number, bool) or number not in range(1, len(self._asked) + 1):
            up = f"1 to {len(self._asked)} are up" if self._asked else "nothing is up"
            raise UsageError(f"there is no galaxy number {number}: {up}", remedy="Ask first: .ask(12)")
        return int(number) - 1

    def _left(self) -> list[int]:
        current = self.session.labels()
        return [
            place
            for place, choice in enumerate(self._asked)
            if (place not in self._done if choice.stream == "repeat" else choice.id not in current)
        ]

    def _standing(self) -> dict[str, int]:
        told = self.session.progress()
        return {"answers": told["answers"], "found": told["found"], "left": len(self._left())}

    def _take_number(self) -> int:
        self._next += 1
        return self._next - 1
