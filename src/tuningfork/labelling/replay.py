"""Replay a search on a labelled catalogue: what each strategy would have found, had a person answered by its
labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tuningfork.errors import CatalogueError, UnknownNameError, UsageError
from tuningfork.labelling.opening import opened
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.settings import CELLS, build_strategy
from tuningfork.labelling.strategies import Answered, Strategy, View
from tuningfork.labelling.strategies.cells import make_cells
from tuningfork.progress import progress

__all__ = ["replay", "replay_one"]

REPORTED = (50, 100, 200, 400)
"""Numbers of answers at which a replay reports, beside the budget itself."""


def replay(  # noqa: PLR0913 - all but the first three by name
    collection: Any,
    label_column: str,
    positive: str | Iterable[str],
    *,
    strategies: Sequence[str] | Mapping[str, tuple[str, dict]] = ("greedy", "alpha"),
    budget: int = 200,
    seeds: int | Sequence[int] = 5,
    per_round: int = 20,
    prompts: int = 3,
    held_out: float = 0.3,
    encoder: str | None = None,
    head: str = "logistic",
    quiet: bool = False,
) -> list[dict]:
    """Run strategies against the labels of a catalogue column.

    Parameters
    ----------
    collection : Collection or path
        With embeddings.
    label_column : str
        The column that answers.
    positive : str or iterable of str
        The value or values that mean yes.
    strategies : sequence of str, or mapping
        Names in the registry; or {name in the table: (strategy, its settings)}.
    budget : int
        Answers given, prompts not counted.
    seeds : int or sequence of int
        How many repeats, or their seeds. A seed draws the held-out galaxies, the prompts and all that a
        strategy draws; every strategy meets the same draws.
    per_round : int
        Answers between two fits.
    prompts : int
        Positives given at the start.
    held_out : float
        Share of the galaxies kept from the pool, on which average precision is measured; 0 leaves all to be
        found.
    encoder, head : str, optional
        Which vectors and which head.

    Returns
    -------
    list of dict
        One row per strategy, seed and reported number of answers: ``strategy``, ``seed``, ``answers``,
        ``found`` (positives among the answers, prompts not counted), ``findable`` (positives that were in the
        pool, prompts not counted), and ``average_precision`` of the head's ranking of the held-out galaxies
        (None when nothing was held out).

    Raises
    ------
    UnknownNameError
        For a column, value or strategy that is not there.
    CatalogueError
        When there are too few positives to give prompts and leave some to find.
    """
    from tuningfork.embeddings import load_embeddings

    collection = opened(collection)
    truth = _truth(collection, label_column, positive)
    stored = load_embeddings(collection, encoder)
    named = strategies if isinstance(strategies, Mapping) else {name: (name, {}) for name in strategies}
    made = {label: build_strategy(name, settings) for label, (name, settings) in named.items()}
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    if budget < 1 or per_round < 1 or prompts < 0 or not 0 <= held_out < 1:
        raise UsageError(
            "budget and round are at least 1, prompts at least 0, the held-out share from 0 to below 1"
        )
    rows: list[dict] = []
    with progress("replaying", len(made) * len(seeds), unit="searches", quiet=quiet) as advance:
        for seed in seeds:
            pool, start = _draw(truth, stored.present, seed=seed, prompts=prompts, held_out=held_out)
            ranker = Ranker(stored.vectors, stored.present, head=head, seed=seed, held_out=~pool)
            for label, strategy in made.items():
                told = replay_one(ranker, strategy, truth, pool, start, budget=budget, per_round=per_round)
                rows += [{"strategy": label, "seed": int(seed)} | row for row in told]
                advance(1)
    return rows


def replay_one(
    ranker: Ranker,
    strategy: Strategy,
    truth: np.ndarray,
    pool: np.ndarray,
    prompts: np.ndarray,
    *,
    budget: int,
    per_round: int,
) -> list[dict]:
    """One search: rows of ``answers``, ``found``, ``findable`` and ``average_precision``.

    Parameters
    ----------
    ranker : Ranker
        Over all galaxies, made with the held-out ones.
    truth, pool : bool [n]
        What a person would answer; which galaxies may be asked about.
    prompts : int [p]
        Rows of the positives to start from.
    """
    history = [Answered(int(row), True, example=True) for row in prompts]
    findable = int((truth & pool).sum()) - len(prompts)
    stops = sorted({s for s in REPORTED if s < budget} | {budget})
    table, found, answers = [], 0, 0
    while answers < budget:
        size = min(per_round, min(s for s in stops if s > answers) - answers)
        picks = strategy.select(_view(ranker, strategy, history, pool), size)
        history += [Answered(pick.row, bool(truth[pick.row])) for pick in picks]
        found += sum(bool(truth[pick.row]) for pick in picks)
        answers += len(picks)
        if answers in stops or not picks:
            row = {"answers": answers, "found": found, "findable": findable}
            table.append(
                row | {"average_precision": _average_precision(ranker, strategy, history, truth, pool)}
            )
        if not picks:
            break
    return table


def _view(ranker: Ranker, strategy: Strategy, history: list[Answered], pool: np.ndarray) -> View:
    ranking = ranker.rank(tuple(history), np.empty((0, ranker.vectors.shape[1]), np.float32), strategy)
    taken = np.array([a.row for a in history], np.int64)
    free = pool.copy()
    free[taken] = False
    return View(
        vectors=ranker.vectors,
        scores=np.nan_to_num(ranking.scores, nan=0.0),
        learnt=ranking.learnt,
        free=free,
        taken=taken,
        history=tuple(history),
        cells=lambda: _cells(ranker),
        rng=np.random.default_rng([ranker.seed, 3, len(taken)]),
    )


def _cells(ranker: Ranker) -> np.ndarray:
    if not hasattr(ranker, "replay_cells"):
        ranker.replay_cells = make_cells(ranker.vectors, cells=CELLS, seed=ranker.seed)
    return ranker.replay_cells


def _average_precision(ranker, strategy, history, truth: np.ndarray, pool: np.ndarray) -> float | None:
    from sklearn.metrics import average_precision_score

    judged = ~pool & ranker.present
    if not truth[judged].any():
        return None
    ranking = ranker.rank(tuple(history), np.empty((0, ranker.vectors.shape[1]), np.float32), strategy)
    return round(float(average_precision_score(truth[judged], ranking.scores[judged])), 4)


def _draw(
    truth: np.ndarray, present: np.ndarray, *, seed: int, prompts: int, held_out: float
) -> tuple[np.ndarray, np.ndarray]:
    """The pool bool [n] and the prompts' rows, both by the seed."""
    rng = np.random.default_rng([seed, 4])
    pool = present & (rng.random(len(truth)) >= held_out)
    positives = np.flatnonzero(truth & pool)
    if len(positives) <= prompts:
        raise CatalogueError(
            f"only {len(positives)} positives in the pool for {prompts} prompts",
            remedy="Hold out fewer, or give fewer prompts",
        )
    return pool, rng.choice(positives, prompts, replace=False)


def _truth(collection: Any, column: str, positive: str | Iterable[str]) -> np.ndarray:
    wanted = {positive} if isinstance(positive, str) else {str(p) for p in positive}
    known = (
        collection.catalogue().schema.names
        if not hasattr(collection, "columns")
        else list(collection.columns)
    )
    if column not in known:
        raise UnknownNameError("column", column, known, where=str(collection.path))
    values = [str(v) for v in collection.catalogue(columns=["id", column])[column].to_pylist()]
    for value in wanted - set(values):
        raise UnknownNameError(f"value of '{column}'", value, set(values), where=str(collection.path))
    return np.array([v in wanted for v in values], bool)
