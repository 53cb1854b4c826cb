"""Replay a search on a labelled catalogue: what each strategy would have found, had a person answered by its
labels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.labelling.opening import opened
from tuningfork.labelling.pools import Pool, load_pool
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.replay_search import search
from tuningfork.labelling.replay_task import (
    Errors,
    ReplayTask,
    answered,
    column_values,
    draw,
    label_sets,
    matching,
)
from tuningfork.labelling.settings import build_strategy
from tuningfork.labelling.strategies import Strategy
from tuningfork.progress import progress

__all__ = ["Replayed", "replay", "run_replay"]

SUBTYPES = 5  # k-means sub-types of the positives where no column tells them


@dataclass(frozen=True)
class Replayed:
    """What came out.

    Parameters
    ----------
    rows : list of dict
        One per strategy, encoder, seed and reported number of answers, see `replay`.
    searches : list of dict
        One per strategy, encoder and seed: ``answers_to_80``, the answer that brought the finds to 80 % of
        the positives (None where the budget did not reach so far), ``answers``, ``found``, ``found_at``,
        ``findable``, ``seconds``; see `tuningfork.labelling.replay_search.search`.
    left_out : int
        Galaxies of which the column says nothing, or which have no vector of the first encoder: they are
        neither asked about nor judged on.
    """

    rows: list[dict]
    searches: list[dict]
    left_out: int = 0


def replay(collection: Any, label_column: str, positive: str | Iterable[str], **settings: Any) -> list[dict]:
    """The rows of `run_replay`.

    Returns
    -------
    list of dict
        One row per strategy, encoder, seed and reported number of answers: ``strategy``, ``encoder``,
        ``seed``, ``answers``, ``found`` (positives among the answers, prompts not counted), ``findable``
        (positives that were in the pool, prompts not counted), ``subtypes`` (sub-types of the positives known
        so far), ``subtypes_findable`` and ``average_precision`` of the head's ranking of the held-out
        galaxies (None when nothing was held out); ``balanced_accuracy`` on them for several classes.
    """
    return run_replay(collection, label_column, positive, **settings).rows


def run_replay(  # noqa: PLR0913 - all but the first three by name
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
    encoder: str | Sequence[str] | None = None,
    head: str = "logistic",
    question: str = "yes-no",
    subtype_column: str | None = None,
    group_column: str | None = None,
    thin: float | None = None,
    errors: Errors | None = None,
    workers: int = 1,
    quiet: bool = False,
) -> Replayed:
    """Run strategies against the labels of a catalogue column.

    Parameters
    ----------
    collection : Collection or path
        With embeddings.
    label_column : str
        The column that answers.
    positive : str or iterable of str
        The value or values that mean yes; ``>= 2`` and the like compare numbers. In a question of several
        classes or labels those, at least two.
    strategies : sequence of str, or mapping
        Names in the registry; or {name in the table: (strategy, its settings)}.
    budget : int
        Answers given, prompts not counted.
    seeds : int or sequence of int
        How many repeats, or their seeds. A seed draws the held-out galaxies, the prompts and all that a
        strategy draws; every strategy and encoder meets the same draws.
    per_round : int
        Answers between two fits.
    prompts : int
        Positives given at the start; of several classes or labels, of each.
    held_out : float
        Share of the galaxies kept from the pool, on which average precision is measured; 0 leaves all to be
        found.
    encoder : str or sequence of str, optional
        Which vectors: each is replayed, ``a+b`` is those of two side by side.
    head : str
        Which head.
    question : str
        "yes-no", "multi-class", or "multi-label": then a value is a list, or text with ``;`` or ``|`` between
        labels. A find is a galaxy with one of them at least, sub-types are the labels, and average precision
        is the mean over them, each by a head of its own.
    subtype_column : str, optional
        Tells the sub-types of positives; five k-means clusters of their vectors when not given.
    group_column : str, optional
        Galaxies of one group (a field, a cluster) are held out together.
    thin : float, optional
        Share of positives to leave in the pool; held-out galaxies stay as they are.
    errors : Errors, optional
        How often the person is wrong; never when not given. Finds are then positives that were called so.
    workers : int
        Processes; each takes whole seeds.

    Raises
    ------
    UnknownNameError
        For a column, value or strategy that is not there.
    CatalogueError
        When there are too few positives to give prompts and leave some to find.
    """
    collection = opened(collection)
    named = strategies if isinstance(strategies, Mapping) else {name: (name, {}) for name in strategies}
    made = {label: build_strategy(name, settings) for label, (name, settings) in named.items()}
    if budget < 1 or per_round < 1 or prompts < 0 or not 0 <= held_out < 1 or workers < 1:
        raise UsageError(
            "budget, round and workers are at least 1, prompts at least 0, the held-out share is below 1"
        )
    if thin is not None and not 0 < thin < 1:
        raise UsageError("the share to thin to lies between 0 and 1")
    task = _task(collection, label_column, positive, question=question)
    if thin is not None and task.labels is not None:
        raise UsageError("several labels are not thinned", remedy="Leave the share away")
    groups = None if group_column is None else _numbers(column_values(collection, group_column))
    chosen = [encoder] if encoder is None or isinstance(encoder, str) else list(encoder)
    pools = [load_pool(collection, one) for one in chosen]
    named_pools = [(one or pool.key, pool) for one, pool in zip(chosen, pools, strict=True)]
    subtypes = _subtypes(collection, task, subtype_column, pools[0])
    task = replace(task, groups=groups, subtypes=subtypes, thin=thin)
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    jobs = [(name, pool, int(seed)) for name, pool in named_pools for seed in seeds]
    settings = _Settings(task, made, head, budget, per_round, prompts, held_out, errors)
    rows: list[dict] = []
    searches: list[dict] = []
    with progress("replaying", len(jobs), unit="seeds", quiet=quiet) as advance:
        for told_rows, told in _run(jobs, settings, workers):
            rows += told_rows
            searches += told
            advance(1)
    return Replayed(rows, searches, int((~task.there(pools[0].present)).sum()))


@dataclass(frozen=True)
class _Settings:
    task: ReplayTask
    strategies: dict[str, Strategy]
    head: str
    budget: int
    per_round: int
    prompts: int
    held_out: float
    errors: Errors | None = None


def _run(
    jobs: list[tuple[str, Pool, int]], settings: _Settings, workers: int
) -> Iterator[tuple[list[dict], list[dict]]]:
    if workers == 1 or len(jobs) == 1:
        yield from (_one_seed(*job, settings) for job in jobs)
        return
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=min(workers, len(jobs)), return_as="generator")
    yield from run(delayed(_one_seed)(*job, settings) for job in jobs)  # type: ignore[misc]


def _one_seed(encoder: str, pool: Pool, seed: int, settings: _Settings) -> tuple[list[dict], list[dict]]:
    """All strategies from one draw: the rows and what is told of each search."""
    task = settings.task
    start = draw(task, pool.present, seed=seed, prompts=settings.prompts, held_out=settings.held_out)
    ranker = Ranker.of_prepared(
        pool.vectors,
        pool.present,
        pool.prepare,
        head=settings.head,
        seed=seed,
        held_out=~start.pool,
        classes=None if task.classes is None else len(task.names),
    )
    said = settings.errors.said(task, seed=seed) if settings.errors else task
    rows: list[dict] = []
    searches: list[dict] = []
    for label, strategy in settings.strategies.items():
        told_rows, told = search(
            ranker, strategy, task, start, budget=settings.budget, per_round=settings.per_round, said=said
        )
        who = {"strategy": label, "encoder": encoder, "seed": seed}
        rows += [who | row for row in told_rows]
        searches.append(who | told)
    return rows, searches


def _task(collection: Any, column: str, positive: str | Iterable[str], *, question: str) -> ReplayTask:
    values, where = column_values(collection, column), str(collection.path)
    wanted = [positive] if isinstance(positive, str) else list(positive)
    if question == "yes-no":
        truth = matching(values, wanted, column=column, where=where)
        return ReplayTask(truth, known=truth | answered(values))
    if question not in ("multi-class", "multi-label"):
        raise UsageError(f"a question is yes-no, multi-class or multi-label, not '{question}'")
    if len(wanted) < 2:
        raise UsageError(
            "a question of several classes or labels needs at least two", remedy="Give --positive for each"
        )
    if question == "multi-label":
        labels, known = label_sets(values, wanted, column=column, where=where)
        return ReplayTask(labels.any(1), names=tuple(wanted), labels=labels, known=known)
    classes = np.full(len(values), -1, np.int64)
    for number, want in enumerate(wanted):
        classes[matching(values, want, column=column, where=where)] = number
    return ReplayTask(classes >= 0, classes, tuple(str(want) for want in wanted))


def _numbers(values: list) -> np.ndarray:
    return np.unique([str(value) for value in values], return_inverse=True)[1]


def _subtypes(collection: Any, task: ReplayTask, column: str | None, pool: Pool) -> np.ndarray | None:
    """The sub-type int [n] of each positive, -1 elsewhere; of several classes each class is one."""
    if task.classes is not None:
        return task.classes
    if task.labels is not None:  # they are the sub-types, and several may hold
        return None
    if column is not None:
        return np.where(task.truth, _numbers(column_values(collection, column)), -1)
    from sklearn.cluster import KMeans

    rows = np.flatnonzero(task.truth & pool.present)
    if len(rows) < 2 * SUBTYPES:
        return None
    subtypes = np.full(len(task.truth), -1)
    subtypes[rows] = KMeans(SUBTYPES, n_init=10, random_state=0).fit_predict(pool.vectors[rows])
    return subtypes
