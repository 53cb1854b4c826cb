"""What to ask next: the galaxies of the streams, and those that the strategy chooses by the scores."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tuningfork.labelling.choices import Choice
from tuningfork.labelling.events import Event
from tuningfork.labelling.ranker import Ranking
from tuningfork.labelling.scoring import Scoring
from tuningfork.labelling.settings import CELLS, SessionSettings
from tuningfork.labelling.strategies import View
from tuningfork.labelling.strategies.cells import make_cells
from tuningfork.labelling.streams.desk import StreamDesk
from tuningfork.labelling.streams.special import Special

__all__ = ["Asking"]


class Asking:
    """The choosing half of a session.

    Parameters
    ----------
    scoring : Scoring
        The learning half.
    desk : StreamDesk
        The streams beside the hunt.
    events : callable
        ``events("answer")`` gives {galaxy id: event of the current answer}, ``events("gold")`` the same for
        planted known galaxies.
    settings : SessionSettings
        Names the question and the seed.
    """

    def __init__(
        self,
        scoring: Scoring,
        desk: StreamDesk,
        events: Callable[[str], dict[str, Event]],
        settings: SessionSettings,
    ):
        self._scoring, self._desk, self._events = scoring, desk, events
        self._positive, self._seed = settings.question.positive, settings.seed
        self._cells: tuple[Any, np.ndarray] | None = None  # the vectors that were divided, and their cells
        self._celling = threading.Lock()

    def next_batch(
        self, n: int, exclude: Iterable[str], *, person: str, place: int, closed: set[str], wait: bool = True
    ) -> list[Choice]:
        """At most n galaxies for one person, in the order to show them.

        Parameters
        ----------
        exclude : iterable of str
            What lies on pages already.
        place : int
            How many places the person had before: it says which stream the next ones belong to.
        closed : set of str
            Galaxies that need no answer of this person any more.
        wait : bool
            Fit first where there are newer answers; see `Scoring.scores`.
        """
        n, out = max(0, n), set(exclude)
        ranking = self._scoring.scores(wait=wait)
        away = out | closed | set(self._held_back())
        wanted = self._desk.wanted(
            *(person, place, n), out=out, closed=closed, anybody=lambda: bool(self._free(away).any())
        )
        special = {w.galaxy_id for w in wanted if w is not None}
        hunted = iter(self._hunt(ranking, n - len(special), away | special))
        chosen = [next(hunted, None) if want is None else self._special(ranking, want) for want in wanted]
        return [choice for choice in chosen if choice is not None]

    def _held_back(self) -> Iterable[str]:
        """Planted known galaxies are not hunted while their stream asks for them."""
        return self._events("gold") if self._desk.streams.gold else ()

    def _free(self, away: set[str]) -> np.ndarray:
        """Whom the strategy may choose, bool [n]."""
        free = self._scoring.askable.copy()
        free[self._rows(away)] = False
        return free

    def _hunt(self, ranking: Ranking, n: int, away: set[str]) -> list[Choice]:
        scoring, (_, strategy, ranker) = self._scoring, self._scoring.tools()
        taken = np.unique(np.concatenate([self._rows(self._events("answer")), self._rows(away)]))
        several = scoring.kinds is not None and scoring.kinds.several
        view = View(
            vectors=ranker.vectors,
            scores=np.nan_to_num(ranking.scores, nan=0.0),
            learnt=ranking.learnt,
            free=self._free(away),
            taken=taken,
            history=scoring.history(),
            cells=lambda: self._cells_of(ranker.vectors),
            rng=np.random.default_rng([self._seed, 3, len(taken)]),
            probabilities=self._of_each_class(ranking),
            several=several,
        )
        picks = strategy.select(view, max(0, n))
        places = ranking.places([p.row for p in picks])
        return [
            self._choice(ranking, p.row, p.stream, p.reason, place=place, probability=p.probability)
            for p, place in zip(picks, places, strict=True)
        ]

    def _special(self, ranking: Ranking, want: Special) -> Choice:
        row = self._scoring.row_of[want.galaxy_id]
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
        vectors = self._scoring.vectors
        if among is None:
            cosine = np.where(self._scoring.present, vectors @ vectors[row], -np.inf)
        else:
            rows = self._rows(among)
            rows = rows[self._scoring.present[rows]]
            cosine = np.full(len(self._scoring.ids), -np.inf, np.float32)
            cosine[rows] = vectors[rows] @ vectors[row]
        cosine[row] = -np.inf
        rows = _largest(cosine, n)
        ranking, reason = self._scoring.scores(), f"like {self._scoring.ids[row]}"
        return [
            self._choice(ranking, r, "similar", reason, place=place, score=float(cosine[r]))
            for r, place in zip(rows, ranking.places(rows), strict=True)
        ]

    def best(self, n: int) -> list[Choice]:
        """The n highest scores among the finds and what was not asked yet."""
        ranking, events = self._scoring.scores(), self._events("answer")
        if not ranking.learnt:
            return []
        found = {i for i, event in events.items() if event.answer == self._positive}
        values = np.where(np.isnan(ranking.scores), -np.inf, ranking.scores)
        values[self._rows(set(events) - found)] = -np.inf
        rows = _largest(values, n)
        told = ["found" if self._scoring.ids[row] in found else "not asked yet" for row in rows]
        return [
            self._choice(ranking, r, "best", reason, place=place)
            for r, reason, place in zip(rows, told, ranking.places(rows), strict=True)
        ]

    @staticmethod
    def _of_each_class(ranking: Ranking) -> np.ndarray | None:
        return None if ranking.probabilities is None else np.nan_to_num(ranking.probabilities, nan=0.0)

    def _rows(self, ids: Iterable[str]) -> np.ndarray:
        return np.array([self._scoring.row_of[i] for i in ids if i in self._scoring.row_of], np.int64)

    def _cells_of(self, vectors: Any) -> np.ndarray:
        with self._celling:  # twenty first pages at once shall not make them twenty times
            if self._cells is None or self._cells[0] is not vectors:
                self._cells = vectors, make_cells(vectors, cells=CELLS, seed=self._seed)
            return self._cells[1]

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
            id=str(self._scoring.ids[row]),
            row=int(row),
            stream=stream,
            strategy=self._scoring.tools()[0],
            rank=int(place) if ranking.learnt else 0,
            score=float(ranking.scores[row]) if score is None else score,
            reason=reason,
            head_version=ranking.version,
            probability=probability,
            design=design,
        )


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """The places of the n largest values, best first; those of minus infinity are left out."""
    n = max(0, min(n, int((values > -np.inf).sum())))
    if not n:
        return np.empty(0, np.int64)
    top = np.argpartition(-values, n - 1)[:n]
    return top[np.argsort(-values[top], kind="stable")]
