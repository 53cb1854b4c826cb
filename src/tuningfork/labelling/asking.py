"""What to ask next: the current answers, the scores they give, and the strategy that chooses by them."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from tuningfork.labelling.choices import Choice
from tuningfork.labelling.each_class import kinds_of, probabilities
from tuningfork.labelling.events import Event
from tuningfork.labelling.held_out import held_out
from tuningfork.labelling.pools import Pool
from tuningfork.labelling.question import Question
from tuningfork.labelling.ranker import Ranker, Ranking
from tuningfork.labelling.settings import CELLS, SessionSettings, build_strategy
from tuningfork.labelling.strategies import Answered, Strategy, View
from tuningfork.labelling.strategies.cells import make_cells
from tuningfork.labelling.streams.desk import Special, StreamDesk

__all__ = ["Asking"]

MEANT = "calibrated"  # the head whose probabilities are meant


class Asking:
    """The choosing half of a session; fits at most once at a time and holds nobody up.

    Parameters
    ----------
    ids : object [n]
        Of all galaxies, in the collection's row order.
    pool : Pool
        Their vectors.
    askable : bool [n]
        Which may be asked about.
    settings : SessionSettings
        Names the head, the strategy and the seed.
    desk : StreamDesk
        The streams beside the hunt.
    events : callable
        ``events("answer")`` gives {galaxy id: event of the current answer}, ``events("picture")`` the same
        for example pictures.
    outside : callable
        ``outside(names)`` gives the vectors [m, D] of example pictures.
    prevalence : callable
        The share of positives that is known, if any; asked when the head is one whose probabilities are
        meant.
    """

    def __init__(
        self,
        ids: np.ndarray,
        pool: Pool,
        askable: np.ndarray,
        settings: SessionSettings,
        *,
        desk: StreamDesk,
        events: Callable[[str], dict[str, Event]],
        outside: Callable[[list[str]], np.ndarray],
        prevalence: Callable[[], float | None] = lambda: None,
    ):
        self.ids, self.row_of = ids, {galaxy_id: row for row, galaxy_id in enumerate(ids)}
        self._present, self._askable, self._seed = pool.present, askable, settings.seed
        self._question: Question = settings.question
        self._kinds = kinds_of(settings.question)
        self._events, self._outside, self.desk = events, outside, desk
        self._prevalence = prevalence
        self._lock = threading.Lock()  # guards the five lines below; held for microseconds
        self._strategy_name, self._strategy = settings.strategy, self._built(settings)
        self._ranker = self._ranker_of(pool, settings.head)
        self._ranking: Ranking | None = None
        self._ranked: Any = None  # what the ranking was made from
        self._cells: np.ndarray | None = None
        self._celling = threading.Lock()
        self._fitting = threading.Lock()  # one fit at a time

    @property
    def vectors(self) -> Any:
        """Of all galaxies, prepared, float32 [n, d] of unit length; a `DiskVectors` of a large pool."""
        return self._ranker.vectors

    def configure(self, settings: SessionSettings) -> None:
        """Take another head or strategy from the next fit and batch on."""
        strategy, ranker = self._built(settings), self._ranker.with_head(settings.head)
        with self._lock:
            self._strategy_name, self._strategy, self._ranker = settings.strategy, strategy, ranker

    def take_pool(self, pool: Pool, askable: np.ndarray, outside: Callable[[list[str]], np.ndarray]) -> None:
        """Rank by other vectors of the same galaxies from the next fit on."""
        with self._fitting, self._celling, self._lock:  # a fit that runs ends with the vectors it began with
            self._ranker = self._ranker_of(pool, self._ranker.head)
            self._present, self._askable, self._outside = pool.present, askable, outside
            self._ranking = self._ranked = self._cells = None

    def refit(self) -> Ranking:
        """The scores that belong to the answers of this moment; fits when they changed."""
        with self._fitting:
            return self._fitted()

    def scores(self, *, wait: bool = True) -> Ranking:
        """The same, or the last scores while another thread is fitting; without ``wait`` the last ones in any
        case.
        """
        with self._lock:
            last = self._ranking
        if last is None:
            return self.refit()
        if not wait:
            return last
        if not self._fitting.acquire(blocking=False):
            return last
        try:
            return self._fitted()
        finally:
            self._fitting.release()

    def next_batch(
        self, n: int, exclude: Iterable[str], *, person: str, place: int, closed: set[str], wait: bool = True
    ) -> list[Choice]:
        """At most n galaxies for one person, in the order to show them; none when only repeats are left.

        Parameters
        ----------
        exclude : iterable of str
            What lies on pages already.
        place : int
            How many places the person had before: it says which stream the next ones belong to.
        closed : set of str
            Galaxies that need no answer of this person any more.
        wait : bool
            Fit first where there are newer answers; see `scores`.
        """
        n, out = max(0, n), set(exclude)
        ranking = self.scores(wait=wait)
        wanted = self.desk.wanted(person, place, n, out=out, closed=closed) if n else []
        wanted = [w if w is None or w.galaxy_id in self.row_of else None for w in wanted]
        special = {w.galaxy_id for w in wanted if w is not None}
        away = out | closed | special | set(self._held_back())
        hunted = iter(self._hunt(ranking, n - len(special), away))
        batch = []
        for want in wanted:
            choice = self._special(ranking, want) if want is not None else next(hunted, None)
            batch += [choice] if choice is not None else []
        only_repeats = all(choice.stream == "repeat" for choice in batch)
        return [] if only_repeats and not self._left(out | closed | set(self._held_back())) else batch

    def _left(self, away: set[str]) -> bool:
        """Whether anybody is left to ask about; repeats alone are no work."""
        free = self._askable.copy()
        free[self._rows(away)] = False
        return bool(free.any())

    def _held_back(self) -> Iterable[str]:
        """Planted known galaxies are not hunted while their stream asks for them."""
        return self._events("gold") if self.desk.streams.gold else ()

    def _hunt(self, ranking: Ranking, n: int, away: set[str]) -> list[Choice]:
        with self._lock:
            strategy, ranker = self._strategy, self._ranker
        taken = np.unique(np.concatenate([self._rows(self._events("answer")), self._rows(away)]))
        free = self._askable.copy()
        free[self._rows(away)] = False
        view = View(
            vectors=ranker.vectors,
            scores=np.nan_to_num(ranking.scores, nan=0.0),
            learnt=ranking.learnt,
            free=free,
            taken=taken,
            history=self._history(),
            cells=self._cells_of_pool,
            rng=np.random.default_rng([self._seed, 3, len(taken)]),
            probabilities=self._of_each_class(ranking),
            several=self._kinds is not None and self._kinds.several,
        )
        picks = strategy.select(view, max(0, n))
        places = ranking.places([p.row for p in picks])
        return [
            self._choice(ranking, p.row, p.stream, p.reason, place=place, probability=p.probability)
            for p, place in zip(picks, places, strict=True)
        ]

    def _special(self, ranking: Ranking, want: Special) -> Choice:
        row = self.row_of[want.galaxy_id]
        return self._choice(
            ranking,
            row,
            want.stream,
            want.reason,
            place=int(ranking.places([row])[0]),
            probability=want.probability,
            design=want.design,
        )

    def similar(self, row: int, n: int, among: Iterable[str] | None = None) -> list[Choice]:
        """The n galaxies with the largest cosine to one of them: of all, or among some ids."""
        vectors = self._ranker.vectors
        if among is None:
            cosine = np.where(self._present, vectors @ vectors[row], -np.inf)
        else:
            rows = self._rows(among)
            rows = rows[self._present[rows]]
            cosine = np.full(len(self.ids), -np.inf, np.float32)
            cosine[rows] = vectors[rows] @ vectors[row]
        cosine[row] = -np.inf
        rows = _largest(cosine, n)
        ranking, reason = self.scores(), f"like {self.ids[row]}"
        return [
            self._choice(ranking, r, "similar", reason, place=place, score=float(cosine[r]))
            for r, place in zip(rows, ranking.places(rows), strict=True)
        ]

    def best(self, n: int) -> list[Choice]:
        """The n highest scores among the finds and what was not asked yet."""
        ranking, events = self.scores(), self._events("answer")
        if not ranking.learnt:
            return []
        found = {i for i, event in events.items() if event.answer == self._question.positive}
        values = np.where(np.isnan(ranking.scores), -np.inf, ranking.scores)
        values[self._rows(set(events) - found)] = -np.inf
        rows = _largest(values, n)
        told = ["found" if self.ids[row] in found else "not asked yet" for row in rows]
        return [
            self._choice(ranking, r, "best", reason, place=place)
            for r, reason, place in zip(rows, told, ranking.places(rows), strict=True)
        ]

    def held_out(self) -> dict[str, float]:
        """Galaxy id -> the score that the head of the last fit gives it where it has not learnt from it: of
        the answered that train, by cross-validation. Empty where nothing is learnt yet, and where scores
        are not a head's own but shifted to a prevalence.
        """
        ranking, history = self.scores(), self._history()
        with self._lock:
            strategy, ranker = self._strategy, self._ranker
        if not ranking.learnt or ranker.head == MEANT:
            return {}
        outside = ranker.prepare(self._outside(list(self._events("picture"))))
        scores = held_out(ranker, history, outside, strategy)
        if scores is None:
            return {}
        learnt = {str(self.ids[a.row]): float(s) for a, s in zip(history, scores, strict=True)}
        others = (i for i in self._events("answer") if i not in learnt and i in self.row_of)
        scored = {i: float(ranking.scores[self.row_of[i]]) for i in others}
        return {i: score for i, score in scored.items() if not np.isnan(score)} | learnt

    def _fitted(self) -> Ranking:
        history, pictures = self._history(), list(self._events("picture"))
        with self._lock:
            strategy, ranker = self._strategy, self._ranker
        meant = self._prevalence() if ranker.head == MEANT else None
        wanted = (history, pictures, strategy, ranker, meant)
        with self._lock:
            if self._ranking is not None and self._ranked == wanted:
                return self._ranking
        outside = ranker.prepare(self._outside(pictures))
        ranking = ranker.rank(history, outside, strategy, prevalence=meant)
        if self._kinds is not None and strategy.each_class:
            told = probabilities(ranker, self._kinds, history, outside, strategy)
            ranking = replace(ranking, probabilities=told)
        if ranking.learnt:  # here, not when a page asks: whoever fits ahead draws the next audit ahead too
            self.desk.refresh(self.ids, ranking.rank, self._askable & self._present, ranking.version)
        with self._lock:
            self._ranking, self._ranked = ranking, wanted
        return ranking

    def _history(self) -> tuple[Answered, ...]:
        """The current answers that train, in order, for galaxies that are still here with a vector.

        Those of a running audit wait until it is counted: what it drew must not steer the hunt. Planted known
        galaxies measure the person and train nothing.
        """
        history, waiting = [], self.desk.not_yet_training() | set(self._events("gold"))
        for galaxy_id, event in self._events("answer").items():
            if galaxy_id in waiting:
                continue
            row, target = self.row_of.get(galaxy_id), self._question.target(str(event.answer))
            if row is not None and target is not None and self._present[row]:
                history.append(self._answered(row, event, positive=bool(target)))
        return tuple(history)

    def _answered(self, row: int, event: Event, *, positive: bool) -> Answered:
        if self._kinds is not None:
            return self._kinds.read(row, event, positive=positive)
        return Answered(row, positive, event.shown.get("stream") == "example")

    @staticmethod
    def _of_each_class(ranking: Ranking) -> np.ndarray | None:
        return None if ranking.probabilities is None else np.nan_to_num(ranking.probabilities, nan=0.0)

    def _rows(self, ids: Iterable[str]) -> np.ndarray:
        return np.array([self.row_of[i] for i in ids if i in self.row_of], np.int64)

    def _cells_of_pool(self) -> np.ndarray:
        with self._celling:  # twenty first pages at once shall not make them twenty times
            if self._cells is None:
                self._cells = make_cells(self._ranker.vectors, cells=CELLS, seed=self._seed)
            return self._cells

    def _choice(
        self,
        ranking: Ranking,
        row: int,
        stream: str,
        reason: str,
        *,
        place: int,
        score: float | None = None,
        probability: float | None = None,
        design: int | None = None,
    ) -> Choice:
        return Choice(
            id=str(self.ids[row]),
            row=int(row),
            stream=stream,
            strategy=self._strategy_name,
            rank=int(place) if ranking.learnt else 0,
            score=float(ranking.scores[row]) if score is None else score,
            reason=reason,
            head_version=ranking.version,
            probability=probability,
            design=design,
        )

    def _ranker_of(self, pool: Pool, head: str) -> Ranker:
        return Ranker.of_prepared(
            pool.vectors, pool.present, pool.prepare, head=head, seed=self._seed, of=pool.key
        )

    def _built(self, settings: SessionSettings) -> Strategy:
        return build_strategy(settings.strategy, settings.strategy_settings)


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """The places of the n largest values, best first; those of minus infinity are left out."""
    n = max(0, min(n, int((values > -np.inf).sum())))
    if not n:
        return np.empty(0, np.int64)
    top = np.argpartition(-values, n - 1)[:n]
    return top[np.argsort(-values[top], kind="stable")]
