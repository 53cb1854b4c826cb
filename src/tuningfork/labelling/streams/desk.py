"""What the streams beside the hunt want asked next: the running audit, planted known galaxies, second
looks.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tuningfork.labelling.acts import NewAnswer
from tuningfork.labelling.events import Event
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.question import Question
from tuningfork.labelling.streams.book import Design, DesignBook, Planned
from tuningfork.labelling.streams.closing import Closing, closing_shares, settled
from tuningfork.labelling.streams.counting import eye_of
from tuningfork.labelling.streams.drawing import closing_ends, strata_of_ranks, stratum_ends
from tuningfork.labelling.streams.framing import candidates, finds_among, was_looked_at, without
from tuningfork.labelling.streams.settings import Streams
from tuningfork.labelling.streams.slots import slot_streams
from tuningfork.labelling.streams.special import Special, number_of, of_audit, own_answers

__all__ = ["StreamDesk"]

_UNSURE = (None, "unknown", "audit")  # what a page may say of a galaxy that an audit drew


class StreamDesk:
    """The streams of one session.

    Parameters
    ----------
    log : LabelLog
        With the answers.
    streams : Streams
        The shares.
    question : Question
        Says what is positive.
    seed : int
        Of all that is drawn.
    ids : object [n], optional
        Of all galaxies in row order; an audit that was drawn from other rows is over.
    askable : callable
        Whether a galaxy can be put before anybody: others wait in no stream.
    """

    def __init__(
        self,
        log: LabelLog,
        streams: Streams,
        question: Question,
        *,
        seed: int,
        ids: np.ndarray | None = None,
        askable: Callable[[str], bool] = lambda _: True,
    ):
        self.streams, self._log, self._question, self._seed = streams, log, question, seed
        self._ids, self._askable = ids, askable
        self.book = DesignBook(log)

    def wanted(
        self,
        person: str,
        place: int,
        n: int,
        *,
        out: set[str],
        closed: set[str],
        anybody: Callable[[], bool] = lambda: True,
    ) -> list[Special | None]:
        """For the person's next n places: what a stream wants there, None where the strategy chooses.

        Second looks alone are no work: they come while there is anything else to ask.

        Parameters
        ----------
        place : int
            How many places the person had before.
        out : set of str
            Galaxies that lie on a page already.
        closed : set of str
            Galaxies that need no answer of this person any more.
        anybody : callable
            Whether the strategy has a galaxy left for this person; called only where a repeat is due.
        """
        design, running = self._open(self.book.designs())
        shares = closing_shares(self.streams) if design is not None and design.closing else self.streams
        slots = slot_streams(shares, place, n, seed=self._seed, person=person)
        drawn = {p.galaxy_id for p in running}  # no other stream asks for them: it could be on the same page
        there = [p for p in running if self._askable(p.galaxy_id)]
        makers: dict[str, Callable[[int], list[Special]]] = {
            "audit": lambda count: of_audit(there, count, out | closed),
            "gold": lambda count: self._gold(person, count, out | drawn),
            "repeat": lambda count: self._repeat(person, count, out | drawn),
        }
        got = {name: make(slots.count(name)) if name in slots else [] for name, make in makers.items()}
        if got["repeat"] and not (got["audit"] or got["gold"] or anybody()):
            got["repeat"] = []
        ready = {name: iter(special) for name, special in got.items()}
        return [next(ready[slot], None) if slot in ready else None for slot in slots]

    def refresh(self, ids: np.ndarray, rank: np.ndarray, pool: np.ndarray, version: str) -> None:
        """Draw the next audit when it is due: enough answers, a ranking, and the last audit wholly counted.

        Parameters
        ----------
        ids : object [n]
            Of all galaxies.
        rank : int [n]
            Their places by score, from 1.
        pool : bool [n]
            Whom an audit may be about; planted known galaxies are left out.
        version : str
            Hash of the model.
        """
        if not self.streams.audit:
            return
        with self._log.view() as state:
            if len(state.current()) < self.streams.audit_from:
                return
            gold = set(state.current("gold"))
        number = len(self.book.designs())
        if number and self.open_plan():
            return
        pool, current = without(pool, ids, gold), self._log.current()
        if all(i in current for i in ids[pool]):  # nobody is left to ask
            return
        self._draw(number + 1, ids, rank, pool, version)

    def call_off(self, ids: np.ndarray, rank: np.ndarray, pool: np.ndarray, version: str) -> Closing | None:
        """Break the running closing audit off: one of the usual kind takes its place. None when none runs.

        Parameters are those of `refresh`.
        """
        called = None
        while True:  # another may draw the same number first, and that may be a closing one again
            design, _ = self._open(self.book.designs())
            if design is None or design.closing is None:
                return called
            called = design.closing
            with self._log.view() as state:
                gold = set(state.current("gold"))
            self._draw(design.number + 1, ids, rank, without(pool, ids, gold), version)

    def _draw(self, number: int, ids: np.ndarray, rank: np.ndarray, pool: np.ndarray, version: str) -> None:
        """Draw an audit of the usual kind, unless one of this number is there."""
        size, inside = int(pool.sum()), self._inside(ids, pool, self._log.current())
        ends = stratum_ends(size, inside)
        self.book.freeze(
            number,
            ids,
            strata_of_ranks(rank, pool, ends),
            ends,
            inside=inside,
            head_version=version,
            size=self.streams.audit_size,
            seed=self._seed,
            answered=lambda state: was_looked_at(state, ids),
        )

    def begin_closing(
        self, ids: np.ndarray, rank: np.ndarray, pool: np.ndarray, version: str, *, completeness: float
    ) -> Closing:
        """Draw a closing audit, or tell of the one that runs: of any that ask at once only one draws.

        A running audit of another kind is broken off where it stands. Parameters are those of `refresh`. Of
        galaxies that were only skipped none is asked again, so each may be a find.

        Raises
        ------
        UsageError
            Where nothing could be shown: no find, all looked at, or an eye that misses too much.
        """
        while True:
            designs = self.book.designs()  # read once: one that somebody draws meanwhile has this number
            design, _ = self._open(designs)
            if design is not None and design.closing is not None:
                return design.closing
            number = len(designs) + 1
            with self._log.view() as state:
                current, eye = state.current(), eye_of(state, self._question)
                here, looked = without(pool, ids, set(state.current("gold"))), was_looked_at(state, ids)
            inside = self._inside(ids, here, current)
            ends = closing_ends(int(here.sum()), inside)
            codes = strata_of_ranks(rank, here, ends)
            top = ids[codes == 0]
            found = finds_among(top, current, self._question.positive)
            unseen, skipped = int((~looked & (codes == 0)).sum()), finds_among(top, current, "skip")
            about = {"completeness": completeness, "skipped": skipped}
            number_of_its_kind = 1 + sum(d.closing is not None for d in designs)
            closing = settled(found, unseen, inside, eye, number=number_of_its_kind, **about)
            self.book.freeze(
                number,
                ids,
                codes,
                ends,
                inside=inside,
                head_version=version,
                size=closing.looks,
                seed=self._seed,
                answered=lambda state: was_looked_at(state, ids),
                closing=closing,
            )
            if (drawn := self.book.designs()[number - 1].closing) is not None:
                return drawn  # else an audit of the usual kind was drawn a moment before

    def _inside(self, ids: np.ndarray, pool: np.ndarray, current: dict[str, Event]) -> int:
        finds = finds_among(ids[pool], current, self._question.positive)
        return candidates(self.streams, int(pool.sum()), finds)

    def open_plan(self) -> list[Planned]:
        """The galaxies of the running audit; empty when there is none, when all of it that can still be asked
        about has been answered, when it is a closing one that cannot show its target any more, or when the
        collection's rows have moved since.
        """
        return self._open(self.book.designs())[1]

    def _open(self, designs: list[Design]) -> tuple[Design | None, list[Planned]]:
        """The running audit and its galaxies; None and nobody as `open_plan` says."""
        if not designs or not (self._ids is None or self.book.fits(designs[-1], self._ids)):
            return None, []
        last, current = designs[-1], self._log.current()
        plan = self.book.plan(last.number)
        if all(p.galaxy_id in current or not self._askable(p.galaxy_id) for p in plan):
            return None, []
        if last.closing is not None and last.closing.is_futile(plan, current, self._question.positive):
            return None, []
        return last, plan

    def not_yet_training(self) -> set[str]:
        """Answers of the running audit: they train once it has been counted."""
        running = {p.galaxy_id for p in self.open_plan()}
        if not running:
            return running
        current = self._log.current()
        return {i for i in running if i in current and current[i].stream == "audit"}

    def filled_in(self, answers: list[NewAnswer]) -> list[NewAnswer]:
        """The answers, with the audit's facts where its galaxy is answered and nobody knows any more why it
        was asked (a restart between question and answer).
        """
        if all((a.shown or {}).get("stream") not in _UNSURE for a in answers):
            return answers
        running = {p.galaxy_id: p for p in self.open_plan()}
        told = []
        for answer in answers:
            planned = running.get(answer.galaxy_id)
            if planned is not None and (answer.shown or {}).get("stream") in _UNSURE:
                facts = {"stream": "audit", "design": planned.design, "probability": planned.probability}
                answer = replace(answer, shown={**(answer.shown or {}), **facts})  # noqa: PLW2901
            told.append(answer)
        return told

    def _gold(self, person: str, count: int, out: set[str]) -> list[Special]:
        with self._log.view() as state:
            known = [i for i in state.current("gold") if i not in state.answered_by(person)]
        order = np.random.default_rng([self._seed, 7, number_of(person)]).random(10_000)
        turn = {galaxy_id: order[k % len(order)] for k, galaxy_id in enumerate(known)}
        free = sorted((i for i in known if i not in out and self._askable(i)), key=lambda i: turn[i])
        return [Special(i, "gold", "its answer is known") for i in free[:count]]

    def _repeat(self, person: str, count: int, out: set[str]) -> list[Special]:
        with self._log.view() as state:
            mine = own_answers(state, person)
        again = {e.galaxy_id for e in mine if e.stream == "repeat"}
        old = mine[: max(0, len(mine) - self.streams.repeat_after)]
        passed = again | out
        free = [e for e in old if e.galaxy_id not in passed and e.answer != "skip"]
        free = [e for e in free if self._askable(str(e.galaxy_id))]
        rng = np.random.default_rng([self._seed, 8, len(again), number_of(person)])
        told = []
        for turn in range(count):
            finds = [e for e in free if e.answer == self._question.positive]
            from_ = finds if finds and (len(again) + turn) % 2 == 0 else free
            if not from_:
                break
            chosen = from_[int(rng.integers(len(from_)))]
            free = [e for e in free if e.galaxy_id != chosen.galaxy_id]
            told.append(Special(str(chosen.galaxy_id), "repeat", "a second look at an own answer"))
        return told
