"""One search of a replay: ask, answer by the catalogue, fit again; and what is told of it."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tuningfork.labelling.each_class import Kinds, probabilities
from tuningfork.labelling.ranker import Ranker, Ranking
from tuningfork.labelling.replay_task import Draw, ReplayTask
from tuningfork.labelling.settings import CELLS
from tuningfork.labelling.strategies import Answered, Strategy, View
from tuningfork.labelling.strategies.cells import make_cells

__all__ = ["DRY", "REACHED", "REPORTED", "search"]

REPORTED = (50, 100, 200, 400)
"""Numbers of answers at which a replay reports, beside the budget itself."""

DRY = 50
"""Negative answers in a row after which a simulated person gives up."""

REACHED = 0.8
"""Share of the positives of which the number of answers is told."""


def search(
    ranker: Ranker,
    strategy: Strategy,
    task: ReplayTask,
    start: Draw,
    *,
    budget: int,
    per_round: int,
    said: ReplayTask | None = None,
) -> tuple[list[dict], dict]:
    """Run one strategy from one draw.

    Parameters
    ----------
    said : ReplayTask, optional
        What the person answers where that is not the truth; the examples are what they are said to be.

    Returns
    -------
    rows : list of dict
        At each reported number of answers: ``answers``, ``found``, ``findable``, ``subtypes``,
        ``average_precision`` and, for several classes, ``balanced_accuracy``.
    told : dict
        Of the whole: ``answers_to_80`` (None when the budget did not reach so far), ``answers``, ``found``,
        ``findable``, ``found_at`` (the numbers of the answers that were finds, from 1), ``called`` (positive
        answers, right or wrong), ``stopped`` (the answer at which a person
        stops who gives up after `DRY` negative answers in a row; None where that never came),
        ``stopped_share`` (of the positives, found by then), ``expected`` (the scores of what was asked,
        summed when it was chosen: of a calibrated head what was found) and ``seconds``.
    """
    began = time.perf_counter()
    loop = _Loop(ranker, strategy, task, start, said or task)
    stops = sorted({s for s in REPORTED if s < budget} | {budget})
    rows: list[dict] = []
    while len(loop.finds) < budget:
        done = len(loop.finds)
        asked = loop.ask(min(per_round, min(s for s in stops if s > done) - done))
        told = rows[-1]["answers"] if rows else -1
        if (not asked or len(loop.finds) in stops) and told < len(loop.finds):
            rows.append(loop.report())
        if not asked:
            break
    wanted = int(np.ceil(REACHED * loop.findable))
    reached = np.flatnonzero(np.cumsum(loop.finds) >= wanted)
    told = {
        "answers_to_80": int(reached[0]) + 1 if len(reached) and loop.findable else None,
        "answers": len(loop.finds),
        "found": int(sum(loop.finds)),
        "findable": loop.findable,
        "found_at": (np.flatnonzero(loop.finds) + 1).tolist(),
        "called": int(sum(loop.called)),
        **_stopped(loop),
        "expected": round(loop.expected, 2),
        "seconds": round(time.perf_counter() - began, 3),
    }
    return rows, told


def _stopped(loop: "_Loop") -> dict:
    """When somebody gives up who heard no yes for so long, and what they then have."""
    dry = 0
    for number, called in enumerate(loop.called, start=1):
        dry = 0 if called else dry + 1
        if dry == DRY:
            share = sum(loop.finds[:number]) / loop.findable if loop.findable else None
            return {"stopped": number, "stopped_share": share}
    return {"stopped": None, "stopped_share": None}


class _Loop:
    def __init__(self, ranker: Ranker, strategy: Strategy, task: ReplayTask, start: Draw, said: ReplayTask):
        self.ranker, self.strategy, self.task, self.start = ranker, strategy, task, start
        self.history = [self._answer(task, int(row), example=True) for row in start.prompts]
        self.said, self.called = said, []
        self.findable = int((task.truth & start.pool).sum() - start.pool[start.prompts].sum())
        if task.classes is not None:
            self.findable = int(start.pool.sum()) - len(start.prompts)
        self.finds: list[bool] = []  # positives that were called so
        self.expected = 0.0
        self._ranked: tuple[int, int, Ranking] | None = None

    def ask(self, n: int) -> int:
        """One round of at most n questions; how many there were."""
        view = self._view()
        picks = self.strategy.select(view, n)
        for pick in picks:
            self.expected += float(view.scores[pick.row])
            answer = self._answer(self.said, pick.row)
            self.history.append(answer)
            self.called.append(answer.positive)
            self.finds.append(answer.positive and bool(self.task.truth[pick.row]))
        return len(picks)

    def report(self) -> dict:
        row = {"answers": len(self.finds), "found": int(sum(self.finds)), "findable": self.findable}
        row["average_precision"] = self._average_precision()
        if self.task.labels is not None:
            positive = [a.row for a in self.history if a.positive]
            row["subtypes"] = int(self.task.labels[positive].any(0).sum())
            row["subtypes_findable"] = int(self.task.labels[self.start.pool].any(0).sum())
        if self.task.classes is not None:
            row["balanced_accuracy"] = self._balanced_accuracy(self.task.classes)
        if self.task.subtypes is not None:
            positive = [a.row for a in self.history if a.positive and self.task.truth[a.row]]
            seen, there = self.task.subtypes[positive], self.task.subtypes[self.start.pool & self.task.truth]
            row["subtypes"] = len(set(seen[seen >= 0].tolist()))
            row["subtypes_findable"] = len(set(there[there >= 0].tolist()) | set(seen[seen >= 0].tolist()))
        return row

    @staticmethod
    def _answer(said: ReplayTask, row: int, *, example: bool = False) -> Answered:
        target = None if said.classes is None else int(said.classes[row])
        labels = None if said.labels is None else tuple(np.flatnonzero(said.labels[row]).tolist())
        return Answered(row, bool(said.truth[row]), example, target, labels)

    def _target(self) -> int:
        """Of several classes the one with the fewest answers: what a greedy strategy should look for."""
        counts = np.bincount(
            [a.target for a in self.history if a.target is not None], minlength=max(len(self.task.names), 1)
        )
        return int(counts.argmin())

    def _ranking(self) -> Ranking:
        target = self._target()
        if self._ranked is None or self._ranked[:2] != (len(self.history), target):
            none = np.empty((0, self.ranker.vectors.shape[1]), np.float32)
            ranking = self.ranker.rank(tuple(self.history), none, self.strategy, target=target)
            if self.task.kinds is not None and self.strategy.each_class:
                ranking = replace(ranking, probabilities=self._of_labels(self.task.kinds))
            self._ranked = (len(self.history), target, ranking)
        return self._ranked[2]

    def _view(self) -> View:
        ranking = self._ranking()
        taken = np.array([a.row for a in self.history], np.int64)
        free = self.start.pool.copy()
        free[taken] = False
        return View(
            vectors=self.ranker.vectors,
            scores=np.nan_to_num(ranking.scores, nan=0.0),
            learnt=ranking.learnt,
            free=free,
            taken=taken,
            history=tuple(self.history),
            cells=_cells(self.ranker),
            rng=np.random.default_rng([self.ranker.seed, 3, len(taken)]),
            probabilities=None
            if ranking.probabilities is None
            else np.nan_to_num(ranking.probabilities, nan=0.0),
            several=self.task.labels is not None,
        )

    def _of_labels(self, kinds: Kinds) -> np.ndarray | None:
        none = np.empty((0, self.ranker.vectors.shape[1]), np.float32)
        return probabilities(self.ranker, kinds, tuple(self.history), none, self.strategy)

    def _average_precision(self) -> float | None:
        from sklearn.metrics import average_precision_score

        judged = self.start.judged
        if self.task.kinds is not None:
            told, there = self._of_labels(self.task.kinds), self.task.labels[judged]  # type: ignore[index]
            judgeable = np.flatnonzero(there.any(0))
            if told is None or not len(judgeable):
                return None
            each = [average_precision_score(there[:, k], told[judged][:, k]) for k in judgeable]
            return round(float(np.mean(each)), 4)
        if self.task.classes is not None or not self.task.truth[judged].any():
            return None
        scores = self._ranking().scores[judged]
        return round(float(average_precision_score(self.task.truth[judged], scores)), 4)

    def _balanced_accuracy(self, classes: np.ndarray) -> float | None:
        from sklearn.metrics import recall_score

        probabilities, judged = self._ranking().probabilities, self.start.judged
        if probabilities is None or not judged.any():
            return None
        told = probabilities[judged].argmax(1)
        return round(float(recall_score(classes[judged], told, average="macro", zero_division=0)), 4)


def _cells(ranker: Ranker) -> Callable[[], np.ndarray]:
    """The ranker's cells, made once and kept with it: all strategies of a seed share them."""

    def cells() -> np.ndarray:
        kept = getattr(ranker, "replay_cells", None)
        if kept is None:
            kept = make_cells(ranker.vectors, cells=CELLS, seed=ranker.seed)
            ranker.replay_cells = kept  # type: ignore[attr-defined]
        return kept

    return cells
