"""A session: a collection, its vectors, one question and the people who answer it."""

import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import EmbeddingError, UsageError
from tuningfork.labelling.choices import Choice
from tuningfork.labelling.label_log import Ack, LabelLog, NewAnswer, Undone, checked_name
from tuningfork.labelling.pictures import OutsidePictures
from tuningfork.labelling.progress import progress_of
from tuningfork.labelling.question import Question
from tuningfork.labelling.ranker import Ranker, Ranking
from tuningfork.labelling.settings import (
    SessionSettings,
    build_strategy,
    list_sessions,
    read_settings,
    session_folder,
    write_settings,
)
from tuningfork.labelling.strategies import Answered, View
from tuningfork.labelling.strategies.cells import make_cells

__all__ = ["Session", "create_session", "open_session"]

_CELLS = 60  # neighbourhoods for exploring


def create_session(  # noqa: PLR0913 - all but the first by name
    collection: Any,
    *,
    name: str = "first",
    question: Question | str | None = None,
    encoder: str | None = None,
    head: str = "logistic",
    strategy: str = "greedy",
    seed: int = 0,
    annotator: str | None = None,
    database: str | None = None,
) -> "Session":
    """Start a session in DIR/sessions/NAME.

    Parameters
    ----------
    collection : Collection or path
        With embeddings.
    name : str
        A plain name; one collection has as many sessions as one likes.
    question : Question or str
        A string is a yes/no question.
    encoder : str, optional
        Name or key of the vectors to use; the newest when not given.
    head, strategy : str
        Names in the registries.
    seed : int
        Of all that is drawn at random.
    annotator : str, optional
        Who answers when a call names nobody.
    database : str, optional
        URL of a database for the label log; SQLite in the session's folder when not given. It may hold a
        password, so it is not written down: give it again to `open_session`.

    Raises
    ------
    UsageError
        When the session is there already, or a name is not one.
    EmbeddingError
        When there are no vectors; the remedy is the command that makes them.
    """
    collection = _opened(collection)
    folder = session_folder(collection, name)
    if name in list_sessions(collection):
        raise UsageError(
            f"the session '{name}' is there already",
            where=str(folder),
            remedy="Open it, or choose another name",
        )
    if not isinstance(question, Question):
        question = Question(question) if question else Question()
    stored = _vectors(collection, encoder, name)
    settings = SessionSettings(
        name=name,
        question=question,
        encoder=stored.key,
        head=head,
        strategy=strategy,
        seed=int(seed),
        annotator=checked_name(annotator or "me", "annotator"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    build_strategy(strategy, {})
    Ranker(
        stored.vectors[:1], stored.present[:1], head=head
    )  # an unknown head is refused before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, settings)
    return Session(collection, settings, stored, database=database)


def open_session(
    collection: Any, name: str = "first", *, encoder: str | None = None, database: str | None = None
) -> "Session":
    """Open a session where it was left.

    Raises
    ------
    UnknownNameError
        When there is no session of that name.
    EmbeddingError
        When the collection has no vectors of the session's encoder, or ``encoder`` asks for another one:
        scores of two encoders cannot be mixed.
    """
    collection = _opened(collection)
    settings = read_settings(collection, name)
    stored = _vectors(collection, settings.encoder, name)
    if encoder is not None and _vectors(collection, encoder, name).key != settings.encoder:
        raise EmbeddingError(
            f"session '{name}' was made with '{settings.encoder}', not with '{encoder}'",
            where=str(session_folder(collection, name)),
            remedy="Open it without naming an encoder, or start another session under another name",
        )
    return Session(collection, settings, stored, database=database)


class Session:
    """What the page and scripts call; made by `create_session` or `open_session`. Safe to use from several
    threads.

    Answers are durable when `answer` returns. Fitting happens beside: it never holds up an answer, and never
    changes what was handed out. ``name``, ``question``, ``collection``, ``encoder``, ``head_name``,
    ``strategy_name`` say what it is.
    """

    def __init__(
        self, collection: Any, settings: SessionSettings, stored: Any, *, database: str | None = None
    ):
        self.collection, self.settings = collection, settings
        self.folder = session_folder(collection, settings.name)
        self._stored = stored
        self._ids = np.asarray(collection.ids(), dtype=object)
        self._row = {galaxy_id: row for row, galaxy_id in enumerate(self._ids)}
        self._log = LabelLog(
            database or self.folder / "labels.sqlite", session=settings.name, question=settings.question.text
        )
        self._pictures = OutsidePictures(self.folder / "examples", stored.key)
        self._strategy = build_strategy(settings.strategy, settings.strategy_settings)
        self._ranker = Ranker(stored.vectors, stored.present, head=settings.head, seed=settings.seed)
        self._askable = stored.present & ~np.asarray(collection.flagged(), bool)
        self._lock = threading.Lock()  # guards what follows; held for microseconds
        self._ranking: Ranking | None = None
        self._ranked_at: Any = None
        self._fitting = threading.Lock()  # one fit at a time
        self._cells: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"Session({self.name!r}, {self.question.text!r}, {len(self._ids):,} galaxies)"

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def question(self) -> Question:
        return self.settings.question

    @property
    def encoder(self) -> str:
        """The key of the vectors."""
        return self.settings.encoder

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
        self._log.close()

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
            The galaxy; one of the question's answers, or "maybe", "junk", "skip".
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
        new = [a if isinstance(a, NewAnswer) else _new_answer(a) for a in answers]
        for a in new:
            self._row_of(a.galaxy_id)
            self.question.check(a.answer)
        return self._log.append(new, client_id=client_id, annotator=annotator or self.settings.annotator)

    def undo(self, *, client_id: str, client_seq: int, annotator: str | None = None) -> Undone | None:
        """Take back the annotator's last live action; None when nothing is left."""
        return self._log.undo(
            client_id=client_id, client_seq=client_seq, annotator=annotator or self.settings.annotator
        )

    def redo(self, *, client_id: str, client_seq: int, annotator: str | None = None) -> Undone | None:
        """Bring back what was undone last; None when nothing was, or after a new answer."""
        return self._log.redo(
            client_id=client_id, client_seq=client_seq, annotator=annotator or self.settings.annotator
        )

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
        names = self._pictures.add(self.collection, self._stored, list(images)) if len(images) else []
        new = [NewAnswer(galaxy_id, answer, seq, shown) for seq, galaxy_id in enumerate(ids)]
        new += [
            NewAnswer(n, self.question.positive, len(ids) + i, shown, kind="picture")
            for i, n in enumerate(names)
        ]
        self._log.append(
            new, client_id=f"examples-{uuid.uuid4().hex}", annotator=annotator or self.settings.annotator
        )
        return ids + names

    # --- asking -----------------------------------------------------------------------------------

    def refit(self) -> Ranking:
        """Bring the scores up to date with the answers. Called by all that needs scores; a page calls it in
        a thread, ahead.
        """
        with self._fitting:
            history, outside_names = self._history(), list(self._log.current("picture"))
            key = (hash((history, tuple(outside_names))), self._ranker, self._strategy)
            with self._lock:
                if self._ranking is not None and self._ranked_at == key:
                    return self._ranking
            outside = self._pictures.vectors(outside_names, self._stored.vectors.shape[1])
            ranking = self._ranker.rank(history, self._ranker.prepare(outside), self._strategy)
            with self._lock:
                self._ranking, self._ranked_at = ranking, key
            return ranking

    def next_batch(self, n: int = 24, *, exclude: Iterable[str] = ()) -> list[Choice]:
        """The next galaxies to ask about, in the order to show them.

        Parameters
        ----------
        n : int
            How many at most.
        exclude : iterable of str
            What the page holds already, shown or fetched ahead.

        Returns
        -------
        list of Choice
            Empty when everything was asked. Two calls with the same answers and the same ``exclude`` give the
            same list.
        """
        ranking = self.refit()
        held = [self._row[i] for i in exclude if i in self._row]
        answered = [self._row[i] for i in self._log.current() if i in self._row]
        taken = np.unique(np.array(answered + held, np.int64))
        free = self._askable.copy()
        free[taken] = False
        view = View(
            vectors=self._ranker.vectors,
            scores=np.nan_to_num(ranking.scores, nan=0.0),
            learnt=ranking.learnt,
            free=free,
            taken=taken,
            history=self._history(),
            cells=self._cells_of_pool,
            rng=np.random.default_rng([self.settings.seed, 3, len(taken)]),
        )
        picks = self._strategy.select(view, max(0, n))
        return [self._choice(ranking, p.row, p.stream, p.reason, probability=p.probability) for p in picks]

    def similar(self, galaxy_id: str, n: int = 24) -> list[Choice]:
        """The galaxies most like one of them, by cosine, whatever was answered; the score is the cosine."""
        row = self._row_of(galaxy_id)
        if not self._stored.present[row]:
            raise EmbeddingError("this galaxy has no vector", where=galaxy_id, remedy=self._embed_command())
        cosine = self._ranker.vectors @ self._ranker.vectors[row]
        cosine[~self._stored.present] = -np.inf
        cosine[row] = -np.inf
        rows = _largest(cosine, min(n, int(self._stored.present.sum()) - 1))
        ranking = self.refit()
        return [
            self._choice(ranking, r, "similar", f"like {galaxy_id}", score=float(cosine[r])) for r in rows
        ]

    def best(self, n: int = 24) -> list[Choice]:
        """The best so far: highest scores, without what was answered otherwise than yes."""
        ranking = self.refit()
        values = np.where(np.isnan(ranking.scores), -np.inf, ranking.scores)
        current = self.labels()
        rejected = [
            self._row[i] for i, a in current.items() if a != self.question.positive and i in self._row
        ]
        values[rejected] = -np.inf
        rows = [r for r in _largest(values, n) if values[r] > -np.inf] if ranking.learnt else []
        found = {i for i, a in current.items() if a == self.question.positive}
        return [
            self._choice(ranking, r, "best", "found" if self._ids[r] in found else "not asked yet")
            for r in rows
        ]

    def ranking(self) -> Ranking:
        """Scores and ranks of all galaxies, in the collection's row order."""
        return self.refit()

    # --- what stands ------------------------------------------------------------------------------

    def labels(self) -> dict[str, str]:
        """Galaxy id -> current answer, in the order in which those were given."""
        return {galaxy_id: str(event.answer) for galaxy_id, event in self._log.current().items()}

    def progress(self) -> dict:
        """How far one is; see `tuningfork.labelling.progress.progress_of`."""
        return progress_of(list(self._log.current().values()), self.question)

    def export(self, path: Path | str, *, all_rows: bool = False) -> Any:
        """Write a table of what was answered; see `tuningfork.labelling.export.export_session`."""
        from tuningfork.labelling.export import export_session

        return export_session(self, path, all_rows=all_rows)

    def events(self) -> list:
        """The whole log, undone answers and undos included."""
        return self._log.events()

    def current_events(self) -> dict:
        """Galaxy id -> the event of its current answer."""
        return self._log.current()

    # --- changing ---------------------------------------------------------------------------------

    def set_strategy(self, name: str, **settings) -> None:
        """Choose by another strategy from the next batch on; kept in session.toml."""
        strategy = build_strategy(name, settings)
        with self._lock:
            self._strategy = strategy
            self._keep(replace(self.settings, strategy=name, strategy_settings=settings))

    def set_head(self, name: str) -> None:
        """Score by another head from the next fit on; kept in session.toml."""
        ranker = self._ranker.with_head(name)
        with self._lock:
            self._ranker = ranker
            self._keep(replace(self.settings, head=name))

    def _keep(self, settings: SessionSettings) -> None:
        write_settings(self.folder, settings)
        self.settings = settings

    # --- within -----------------------------------------------------------------------------------

    def _history(self) -> tuple[Answered, ...]:
        """The current answers that train, in order; galaxies that have since left the collection or lost
        their vector are left out.
        """
        history = []
        for galaxy_id, event in self._log.current().items():
            row, target = self._row.get(galaxy_id), self.question.target(str(event.answer))
            if row is not None and target is not None and self._stored.present[row]:
                history.append(Answered(row, bool(target), event.shown.get("stream") == "example"))
        return tuple(history)

    def _cells_of_pool(self) -> np.ndarray:
        if self._cells is None:
            self._cells = make_cells(self._ranker.vectors, cells=_CELLS, seed=self.settings.seed)
        return self._cells

    def _choice(
        self,
        ranking: Ranking,
        row: int,
        stream: str,
        reason: str,
        *,
        score: float | None = None,
        probability: float | None = None,
    ) -> Choice:
        value = float(ranking.scores[row]) if score is None else score
        rank = int(ranking.rank[row]) if ranking.learnt else 0
        return Choice(
            str(self._ids[row]),
            int(row),
            stream,
            self.strategy_name,
            rank,
            value,
            reason,
            ranking.version,
            probability,
        )

    def _row_of(self, galaxy_id: str) -> int:
        row = self._row.get(galaxy_id)
        return (
            int(self.collection.rows_of([galaxy_id])[0]) if row is None else row
        )  # raises with the nearest ids

    def _embed_command(self) -> str:
        return _embed_command(self.collection, self._stored)


def _opened(collection: Any) -> Any:
    if isinstance(collection, str | Path):
        from tuningfork.collection import Collection

        return Collection.open(collection)
    return collection


def _vectors(collection: Any, encoder: str | None, session: str) -> Any:
    from tuningfork.embeddings import load_embeddings

    stored = load_embeddings(collection, encoder)
    if not stored.present.any():
        raise EmbeddingError(
            f"no galaxy of session '{session}' has a vector",
            where=str(collection.path),
            remedy=_embed_command(collection, stored),
        )
    return stored


def _embed_command(collection: Any, stored: Any) -> str:
    return f"Run: tuningfork embed {collection.path} --encoder {stored.metadata.get('encoder', 'NAME')}"


def _new_answer(table: dict) -> NewAnswer:
    try:
        return NewAnswer(
            str(table["galaxy_id"]), str(table["answer"]), table["client_seq"], table.get("shown")
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"an answer needs galaxy_id, answer and client_seq ({error})") from error


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """The places of the n largest values, best first."""
    n = max(0, min(n, len(values)))
    if not n:
        return np.empty(0, np.int64)
    top = np.argpartition(-values, n - 1)[:n]
    return top[np.argsort(-values[top], kind="stable")]
