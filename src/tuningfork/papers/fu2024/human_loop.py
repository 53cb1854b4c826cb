"""Figure 10: a frozen encoder with and without a person in the loop, against ResNet18 from scratch."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.heads import heads
from tuningfork.labelling.pools import Pool, load_pool
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.replay_task import matching
from tuningfork.labelling.settings import CELLS, build_strategy, named_strategy
from tuningfork.labelling.strategies import Answered, View
from tuningfork.labelling.strategies.cells import make_cells
from tuningfork.papers.fu2024.loop_figure import Curve, loop_report
from tuningfork.papers.fu2024.loop_settings import HEADS, LENGTHS, NETWORK, RATE, SECONDS, SETTINGS, Setting
from tuningfork.papers.opening import data_key, labelled, only_one, settings_named
from tuningfork.papers.sweep import run_cells
from tuningfork.papers.trained import settings_in, told_of, trained
from tuningfork.progress import duration
from tuningfork.tasks.classification.settings import ClassifierSettings

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.papers.report import Report

__all__ = ["run"]

POSITIVE, OTHER = "yes", "no"


@dataclass(frozen=True)
class _Task:
    """The galaxies, and which of them are positive."""

    collection: "Collection"
    pool: Pool
    train: np.ndarray
    test: np.ndarray
    truth: np.ndarray  # bool, of all galaxies
    out: Path
    quiet: bool

    def draw(self, setting: Setting, seed: int) -> np.ndarray:
        """Training rows, before anybody asks; those of 5 + 5 are among those of 15 + 15 of the same seed."""
        rng = np.random.default_rng([seed, 10])
        order = rng.permutation(self.train)
        if setting.any:
            return order[: setting.any]
        parts = [order[self.truth[order] == kind][: setting.each] for kind in (True, False)]
        return np.concatenate(parts)

    def data(self) -> str:
        """Names galaxies, vectors, labels and parts without doubt."""
        parts = (rows.tobytes() + self.truth[rows].tobytes() for rows in (self.train, self.test))
        return data_key(f"{self.collection.fingerprint()} {self.pool.key}", tuple(parts))


def run(  # noqa: PLR0913 - all but the first two by name
    sources: Sequence[str],
    out: Path,
    *,
    label: str,
    positive: Sequence[str],
    split_column: str | None = None,
    encoder: Sequence[str] | None = None,
    seeds: int = 10,
    size: int = 64,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> "Report":
    """Fu et al. 2024, figure 10 (V.B).

    Parameters
    ----------
    sources : sequence of str
        One labelled collection.
    label, split_column : str
        Columns of classes, and of "train" and "val"; a quarter of each class is judged on without.
    positive : sequence of str
        The classes that are looked for, together; the paper took face-on spirals against all others.
    encoder : sequence of str, optional
        Whose vectors, side by side when several; lvm-tiny by default. Galaxies without one are embedded.
    seeds : int
        How many draws of training sets, and of the network's first numbers.
    size : int
        Side of the pictures that ResNet18 is trained on.
    settings : str
        A name of `LENGTHS`.
    """
    lengths = settings_named(LENGTHS, settings)
    task, notes = _task(only_one(sources), out, label, positive, split_column, encoder, quiet)
    every = _cells(task, seeds, size, lengths)
    cost = partial(_seconds, size=size)
    swept = run_cells(
        every,
        partial(_one, task),
        out,
        at_most=cells,
        minutes=minutes,
        cost=cost,
        unsaid=("data", "encoder"),
        quiet=quiet,
    )
    notes = (
        *notes,
        f"Looked for: {', '.join(positive)}; vectors: {task.pool.key}",
        f"ResNet18: {settings} settings, {size} px; the whole takes about "
        f"{duration(sum(map(cost, every)))} of one core",
        *swept.notes(),
    )
    return loop_report(_curves(task, swept.done), task.truth[task.test], notes)


def _task(
    source: str,
    out: Path,
    label: str,
    positive: Sequence[str],
    split_column: str | None,
    encoder: Sequence[str] | None,
    quiet: bool,
) -> tuple[_Task, tuple[str, ...]]:
    from tuningfork.embeddings import embed

    collection, split = labelled(source, label, split_column, quiet=quiet)
    truth = matching(list(split.labels), list(positive), column=label, where=str(source))
    keys = [embed(collection, name, quiet=quiet).key for name in encoder or ("lvm-tiny",)]
    pool = load_pool(collection, keys)
    train, test = (rows[pool.present[rows]] for rows in (split.train, split.test))
    task = _Task(collection, pool, train, test, truth, out, quiet)
    most = max(one.each for one in SETTINGS.values())
    fewest = min(int(truth[train].sum()), int((~truth[train]).sum()))
    if fewest < most or len(np.unique(truth[test])) < 2:
        raise DataError(
            f"{fewest} training galaxies of one kind, where {most} of each are drawn",
            where=str(source),
            remedy="Look at --label and --positive",
        )
    return task, split.notes


def _one(task: _Task, cell: dict[str, Any]) -> dict[str, Any]:
    """Settings in, scores of the test galaxies out."""
    setting = SETTINGS[cell["setting"]]
    rows = task.draw(setting, cell["seed"])
    asked = 0
    if "network" in cell:
        scores = _from_scratch(task, cell, rows)
    else:
        more = _recommended(task, cell, setting, rows)
        rows, asked = np.concatenate([rows, more]), int(task.truth[more].sum())
        head = heads.get(cell["head"])(standardise=False)
        head.fit(task.pool.vectors[rows], task.truth[rows].astype(np.int64), seed=cell["seed"])
        scores = head.scores(task.pool.vectors[task.test])[:, 1]
    packed = base64.b64encode(np.asarray(scores, "<f4").tobytes()).decode()
    return {"images": len(rows), "positives_asked": asked, "scores": packed}


def _recommended(task: _Task, cell: dict[str, Any], setting: Setting, rows: np.ndarray) -> np.ndarray:
    """The galaxies of the training part that one step of the loop asks about."""
    if not setting.asked:
        return rows[:0]
    strategy = build_strategy(*named_strategy(setting.strategy))
    free = np.zeros(len(task.truth), bool)
    free[task.train] = True
    held_out = ~free.copy()
    free[rows] = False
    pool = task.pool
    ranker = Ranker.of_prepared(
        pool.vectors, pool.present, pool.prepare, head=cell["head"], seed=cell["seed"], held_out=held_out
    )
    history = tuple(Answered(int(row), bool(task.truth[row]), example=True) for row in rows)
    ranking = ranker.rank(history, np.empty((0, pool.prepare.dim), np.float32), strategy)
    view = View(
        vectors=pool.vectors,
        scores=np.nan_to_num(ranking.scores, nan=0.0),
        learnt=ranking.learnt,
        free=free,
        taken=rows,
        history=history,
        cells=lambda: make_cells(pool.vectors, cells=CELLS, seed=cell["seed"]),
        rng=np.random.default_rng([cell["seed"], 3]),
    )
    return np.array([pick.row for pick in strategy.select(view, setting.asked)], np.int64)


def _from_scratch(task: _Task, cell: dict[str, Any], rows: np.ndarray) -> np.ndarray:
    settings, labels = settings_in(cell), np.where(task.truth[rows], POSITIVE, OTHER)
    with trained(task.collection, rows, labels, settings, task.out, cell, quiet=task.quiet) as classifier:
        said = classifier.probabilities(task.collection, task.test)
    return said[:, classifier.classes.index(POSITIVE)]


def _cells(task: _Task, seeds: int, size: int, lengths: dict[str, int]) -> list[dict[str, Any]]:
    """The frozen encoder first: it takes seconds."""
    data, key = task.data(), task.pool.key
    every: list[dict[str, Any]] = [
        {"setting": name, "head": head, "seed": seed, "encoder": key, "data": data}
        for head in HEADS
        for name in SETTINGS
        for seed in range(seeds)
    ]
    for name, seen in lengths.items():
        for seed in range(seeds):
            one = ClassifierSettings(NETWORK, rate=RATE, size=size, seen=seen, seed=seed)
            every.append({"setting": name, **told_of(one), "data": data})
    return every


def _seconds(cell: dict[str, Any], size: int) -> float:
    """What a cell takes on one core, roughly."""
    if "head" in cell:
        return 1.0
    return SECONDS * (size / 64) ** 2 * cell["seen"] / 32 + 10


def _curves(task: _Task, done: Sequence[tuple[dict, dict]]) -> list[Curve]:
    """The scores of each setting and method, seed by seed."""
    found: dict[tuple[str, str], dict[int, dict]] = {}
    for cell, result in done:
        method = "ResNet18" if "network" in cell else cell["head"]
        found.setdefault((cell["setting"], method), {})[cell["seed"]] = result
    curves = []
    for (name, method), of_seeds in found.items():
        setting, order = SETTINGS[name], sorted(of_seeds)
        scores = {seed: _unpacked(of_seeds[seed]["scores"], len(task.test)) for seed in order}
        paper = dict(setting.paper).get("scratch" if method == "ResNet18" else "frozen")
        curves.append(
            Curve(
                setting.name,
                method,
                scores,
                images=of_seeds[order[0]]["images"],
                asked=float(np.mean([of_seeds[seed]["positives_asked"] for seed in order])),
                paper=paper,
            )
        )
    names = [setting.name for setting in SETTINGS.values()]
    return sorted(curves, key=lambda curve: names.index(curve.setting))


def _unpacked(text: str, galaxies: int) -> np.ndarray:
    scores = np.frombuffer(base64.b64decode(text), "<f4")
    if len(scores) != galaxies or not np.isfinite(scores).all():
        raise DataError("the scores of a cell are not of these galaxies")
    return scores
