"""What the answers of this moment say of every galaxy: the head that was fitted to them, and its scores."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tuningfork.labelling.each_class import kinds_of, probabilities
from tuningfork.labelling.events import Event
from tuningfork.labelling.held_out import held_out
from tuningfork.labelling.pools import Pool
from tuningfork.labelling.question import Question
from tuningfork.labelling.ranker import Ranker, Ranking
from tuningfork.labelling.settings import SessionSettings, build_strategy
from tuningfork.labelling.strategies import Answered, Strategy
from tuningfork.labelling.streams.desk import StreamDesk

__all__ = ["Scoring"]

MEANT = "calibrated"  # the head whose probabilities are meant


class Scoring:
    """The learning half of a session; fits at most once at a time and holds nobody up.

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
        The streams beside the hunt: it says which answers may not train yet, and draws its next audit from
        the ranking.
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
        self.present, self.askable, self._seed = pool.present, askable, settings.seed
        self._question: Question = settings.question
        self.kinds = kinds_of(settings.question)
        self._events, self._outside, self._desk = events, outside, desk
        self._prevalence = prevalence
        self._lock = threading.Lock()  # guards the four lines below; held for microseconds
        self._strategy_name, self._strategy = settings.strategy, self._built(settings)
        self._ranker = self._ranker_of(pool, settings.head)
        self._ranking: Ranking | None = None
        self._ranked: Any = None  # what the ranking was made from
        self._fitting = threading.Lock()  # one fit at a time

    @property
    def vectors(self) -> Any:
        """Of all galaxies, prepared, float32 [n, d] of unit length; a `DiskVectors` of a large pool."""
        return self._ranker.vectors

    def tools(self) -> tuple[str, Strategy, Ranker]:
        """The strategy with its name, and the ranker, as they are set now."""
        with self._lock:
            return self._strategy_name, self._strategy, self._ranker

    def configure(self, settings: SessionSettings) -> None:
        """Take another head or strategy from the next fit and batch on."""
        strategy, ranker = self._built(settings), self._ranker.with_head(settings.head)
        with self._lock:
            self._strategy_name, self._strategy, self._ranker = settings.strategy, strategy, ranker

    def take_pool(self, pool: Pool, askable: np.ndarray, outside: Callable[[list[str]], np.ndarray]) -> None:
        """Rank by other vectors of the same galaxies from the next fit on."""
        with self._fitting, self._lock:  # a fit that runs ends with the vectors it began with
            self._ranker = self._ranker_of(pool, self._ranker.head)
            self.present, self.askable, self._outside = pool.present, askable, outside
            self._ranking = self._ranked = None

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

    def held_out(self) -> dict[str, float]:
        """Galaxy id -> the score that the head of the last fit gives it where it has not learnt from it: of
        the answered that train, by cross-validation. Empty where nothing is learnt yet, and where scores
        are not a head's own but shifted to a prevalence.
        """
        ranking, history = self.scores(), self.history()
        _, strategy, ranker = self.tools()
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

    def history(self) -> tuple[Answered, ...]:
        """The current answers that train, in order, for galaxies that are still here with a vector.

        Those of a running audit wait until it is counted: what it drew must not steer the hunt. Planted known
        galaxies measure the person and train nothing.
        """
        history, waiting = [], self._desk.not_yet_training() | set(self._events("gold"))
        for galaxy_id, event in self._events("answer").items():
            if galaxy_id in waiting:
                continue
            row, target = self.row_of.get(galaxy_id), self._question.target(str(event.answer))
            if row is not None and target is not None and self.present[row]:
                history.append(self._answered(row, event, positive=bool(target)))
        return tuple(history)

    def _fitted(self) -> Ranking:
        history, pictures = self.history(), list(self._events("picture"))
        _, strategy, ranker = self.tools()
        meant = self._prevalence() if ranker.head == MEANT else None
        wanted = (history, pictures, strategy, ranker, meant)
        with self._lock:
            if self._ranking is not None and self._ranked == wanted:
                return self._ranking
        outside = ranker.prepare(self._outside(pictures))
        ranking = ranker.rank(history, outside, strategy, prevalence=meant)
        if self.kinds is not None and strategy.each_class:
            told = probabilities(ranker, self.kinds, history, outside, strategy)
            ranking = replace(ranking, probabilities=told)
        if ranking.learnt:  # here, not when a page asks: whoever fits ahead draws the next audit ahead too
            self._desk.refresh(self.ids, ranking.rank, self.askable & self.present, ranking.version)
        with self._lock:
            self._ranking, self._ranked = ranking, wanted
        return ranking

    def _answered(self, row: int, event: Event, *, positive: bool) -> Answered:
        if self.kinds is not None:
            return self.kinds.read(row, event, positive=positive)
        return Answered(row, positive, event.shown.get("stream") == "example")

    def _ranker_of(self, pool: Pool, head: str) -> Ranker:
        return Ranker.of_prepared(
            pool.vectors, pool.present, pool.prepare, head=head, seed=self._seed, of=pool.key
        )

    def _built(self, settings: SessionSettings) -> Strategy:
        return build_strategy(settings.strategy, settings.strategy_settings)
