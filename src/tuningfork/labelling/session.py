"""A session: a collection, its vectors, one question and the people who answer it."""

import threading
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import EmbeddingError
from tuningfork.labelling.accounts import Accounts
from tuningfork.labelling.acts import new_answer, with_path
from tuningfork.labelling.asking import Asking
from tuningfork.labelling.changes import Changes
from tuningfork.labelling.choices import Choice
from tuningfork.labelling.handing import Handing
from tuningfork.labelling.label_log import Ack, LabelLog, NewAnswer, Undone
from tuningfork.labelling.people.room import TeamRoom
from tuningfork.labelling.pools import Pool
from tuningfork.labelling.prevalence import AuditPrevalence
from tuningfork.labelling.ranker import Ranking
from tuningfork.labelling.scoring import Scoring
from tuningfork.labelling.settings import SessionSettings, session_folder
from tuningfork.labelling.streams.desk import StreamDesk

__all__ = ["Session"]


class Session(Accounts, Changes):
    """What the page and scripts call; made by `create_session` or `open_session`. Safe to use from several
    threads.

    Answers are durable when `answer` returns. Fitting happens beside: it never holds up an answer, and never
    changes what was handed out. ``name``, ``question``, ``collection``, ``encoder``, ``head_name``,
    ``strategy_name`` say what it is; ``team`` is for several people, ``log`` and ``book`` hold answers and
    audits.
    """

    def __init__(
        self,
        collection: Any,
        settings: SessionSettings,
        pool: Pool,
        *,
        database: str | None = None,
        reading: bool = False,
    ):
        self.collection, self.settings = collection, settings
        self.name, self.question = settings.name, settings.question
        self.folder = session_folder(collection, settings.name)
        self._joined, self._pictures = pool.joined, self._pictures_of(pool)
        place = database or self.folder / "labels.sqlite"
        asked = settings.question.text
        self.log = LabelLog(place, session=settings.name, question=asked, reading=reading)
        ids = np.asarray(collection.ids(), dtype=object)
        self._flagged = np.asarray(collection.flagged(), bool)
        desk = {"seed": settings.seed, "ids": ids, "askable": self.askable}
        self._desk = StreamDesk(self.log, settings.streams, settings.question, **desk)
        self.team = TeamRoom(self.log, settings, self._row_of)
        self.book = self._desk.book
        self._scoring = Scoring(
            *(ids, pool, self._askable_of(pool), settings),
            desk=self._desk,
            events=self.log.current,
            outside=self._pictures.vectors,
            prevalence=AuditPrevalence(self, self._desk),
        )
        self._asking = Asking(self._scoring, self._desk, self.log.current, settings)
        self._handing = Handing(self.log, self._asking, self._desk, self.team, settings)
        self._changing = threading.Lock()

    def __repr__(self) -> str:
        return f"Session({self.name!r}, {self.question.text!r}, {len(self._scoring.ids):,} galaxies)"

    @property
    def encoder(self) -> str:
        """The key of the vectors; of several encoders their keys, joined by " + "."""
        return self.settings.encoder

    @property
    def encoder_keys(self) -> tuple[str, ...]:
        """The keys of the vectors, one by one."""
        return tuple(one.key for one in self._joined.sources)

    @property
    def head_name(self) -> str:
        return self.settings.head

    @property
    def strategy_name(self) -> str:
        return self.settings.strategy

    @property
    def head_version(self) -> str:
        """Hash of the answers and settings the current scores come from."""
        return self.refit().version

    def close(self) -> None:
        """Let go of the database. Nothing needs saving."""
        self.log.close()

    # --- answering --------------------------------------------------------------------------------

    def answer(
        self,
        galaxy_id: str,
        answer: str,
        *,
        client_id: str,
        client_seq: int,
        annotator: str | None = None,
        shown: dict | None = None,
    ) -> Ack:
        """Log one answer; durable when this returns.

        Parameters
        ----------
        galaxy_id, answer : str
            The galaxy; one of the question's answers, "maybe", "junk", "skip", or the path of a form (see
            `Question.read`).
        client_id : str
            Who sends: a page keeps one for its life.
        client_seq : int
            That client's own counter. A retry of the same pair adds nothing and returns the first
            acknowledgement.
        annotator : str, optional
            Who answered; the session's own annotator when not given.
        shown : dict, optional
            Why and how it was shown: `Choice.shown` and what the page adds (``position``, ``stretch``,
            ``seconds``, ...).

        Raises
        ------
        UnknownNameError
            For an id that is not in the collection or an answer that is not one.
        UsageError
            For a bad counter or name.
        """
        new = NewAnswer(galaxy_id, answer, client_seq, shown)
        return self.answer_many([new], client_id=client_id, annotator=annotator)[0]

    def answer_many(
        self, answers: Sequence[NewAnswer | dict], *, client_id: str, annotator: str | None = None
    ) -> list[Ack]:
        """Log answers that were given together (the rest of a page): one transaction, undone as one.

        Each is a `NewAnswer` or a dict with ``galaxy_id``, ``answer``, ``client_seq`` (its own number) and
        optionally ``shown``.
        """
        new = [a if isinstance(a, NewAnswer) else new_answer(a) for a in answers]
        for a in new:
            self._row_of(a.galaxy_id)
        new = [with_path(a, *self.question.read(a.answer)) for a in new]
        who = annotator or self.settings.annotator
        self.team.members.require(who, "annotator")
        return self.log.append(self._desk.filled_in(new), client_id=client_id, annotator=who)

    def undo(self, *, client_id: str, client_seq: int, annotator: str | None = None) -> Undone | None:
        """Take back the annotator's last live action; None when nothing is left."""
        who = annotator or self.settings.annotator
        return self.log.undo(client_id=client_id, client_seq=client_seq, annotator=who)

    def redo(self, *, client_id: str, client_seq: int, annotator: str | None = None) -> Undone | None:
        """Bring back what was undone last; None when nothing was, or after a new answer."""
        who = annotator or self.settings.annotator
        return self.log.redo(client_id=client_id, client_seq=client_seq, annotator=who)

    def add_examples(
        self,
        ids: Iterable[str] = (),
        images: Sequence[Path | str | bytes | np.ndarray] = (),
        *,
        answer: str | None = None,
        annotator: str | None = None,
    ) -> list[str]:
        """Say what one looks for, as one action that can be undone.

        Parameters
        ----------
        ids : iterable of str
            Galaxies of the collection; they count as answered.
        images : sequence
            Pictures from outside (files, bytes or arrays [H, W, C]); embedded and kept with the session,
            always positive.
        answer : str, optional
            For the ids; the question's positive answer when not given.

        Returns
        -------
        list of str
            The ids, then the names under which pictures are kept.
        """
        answer = answer or self.question.positive
        ids = [ids] if isinstance(ids, str) else list(ids)
        shown = {"stream": "example"}
        for galaxy_id in ids:
            self._row_of(galaxy_id)
        self.question.check(answer)
        names = self._pictures.add(list(images)) if len(images) else []
        new = [NewAnswer(galaxy_id, answer, seq, shown) for seq, galaxy_id in enumerate(ids)]
        new += [
            NewAnswer(n, self.question.positive, len(ids) + i, shown, kind="picture")
            for i, n in enumerate(names)
        ]
        self.log.append(
            new, client_id=f"examples-{uuid.uuid4().hex}", annotator=annotator or self.settings.annotator
        )
        return ids + names

    # --- asking -----------------------------------------------------------------------------------

    def refit(self) -> Ranking:
        """Bring the scores up to date; called by all that need scores, by a page in a thread, ahead."""
        return self._scoring.refit()

    def next_batch(
        self,
        n: int = 24,
        *,
        exclude: Iterable[str] = (),
        annotator: str | None = None,
        wait: bool = True,
    ) -> list[Choice]:
        """The next galaxies to ask about, in the order to show them; for people who share a session see
        `lease`.

        Parameters
        ----------
        n : int
            How many at most.
        exclude : iterable of str
            What the page holds already, shown or fetched ahead.
        annotator : str, optional
            For whom; the session's own annotator when not given.
        wait : bool
            For a fit to the newest answers; else the last scores do.

        Returns
        -------
        list of Choice
            Empty when everything was asked. Two calls with the same answers and the same ``exclude`` give the
            same list.
        """
        return self._handing.choose(n, set(exclude), annotator or self.settings.annotator, wait=wait)

    def lease(
        self,
        n: int = 24,
        *,
        client_id: str,
        annotator: str | None = None,
        exclude: Iterable[str] = (),
        wait: bool = True,
    ) -> list[Choice]:
        """The next galaxies, kept for this person's page until they are answered or the lease ends.

        What was put before whom is durable, and nobody gets a galaxy that another page holds, or twice, but
        for repeats. ``client_id`` names the page; without ``wait`` the last scores do. Else as `next_batch`.
        """
        who = annotator or self.settings.annotator
        return self._handing.lease(n, set(exclude), who, client_id, wait=wait)

    def similar(self, galaxy_id: str, n: int = 24, among: Iterable[str] | None = None) -> list[Choice]:
        """The galaxies most like one by cosine, which is the score, whatever was answered."""
        row = self._row_of(galaxy_id)
        if not self._joined.present[row]:
            remedy = self._joined.command(self.collection.path)
            raise EmbeddingError("this galaxy has no vector", where=galaxy_id, remedy=remedy)
        return self._asking.similar(row, n, among)

    def best(self, n: int = 24) -> list[Choice]:
        """The best so far: highest scores, without what was answered otherwise than yes."""
        return self._asking.best(n)

    def ranking(self) -> Ranking:
        """Scores and ranks of all galaxies, in the collection's row order."""
        return self.refit()

    def _row_of(self, galaxy_id: str) -> int:
        row = self._scoring.row_of.get(galaxy_id)
        return int(self.collection.rows_of([galaxy_id])[0]) if row is None else row  # raises with the nearest
