"""Which objective, and which skip connections, make frozen features good."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.papers.answers import unpack
from tuningfork.papers.apart import Pool, gather
from tuningfork.papers.lvm.arms import ARMS, SETTINGS, Budget, cells_of, seconds_of
from tuningfork.papers.lvm.judging import PROBES, Judging
from tuningfork.papers.opening import labelled, say_hours, settings_named
from tuningfork.papers.plot import Point, dot_plot
from tuningfork.papers.report import Report, row
from tuningfork.papers.sweep import Swept, run_cells

if TYPE_CHECKING:
    from tuningfork.evaluation import Interval

__all__ = ["run"]

METRICS = ("accuracy", "macro-F1")


def run(  # noqa: PLR0913 - the options of the command
    sources: Sequence[str],
    out: Path,
    *,
    judge: str,
    label: str,
    split_column: str | None = None,
    seeds: int = 3,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Report:
    """Pre-train by every objective, judge the frozen features by the same galaxies.

    Parameters
    ----------
    sources : sequence of str
        Collections to learn from, labels unread. The judged galaxies and their twins are kept away.
    out : Path
        The table's folder; every pre-training has its own below ``cells``.
    judge : str
        The labelled collection: probes learn from its part "train" and are judged by "val".
    label, split_column : str
        Its columns of classes and of parts; "split" where it has one, else a quarter of each class is drawn.
    seeds : int
        Pre-trainings of each kind.
    settings : str
        A name of `SETTINGS`.
    cells, minutes : optional
        As `run_cells`.

    Raises
    ------
    UsageError
        No collections to learn from.
    UnknownNameError
        There are no such settings.
    """
    from tuningfork.collection import Collection

    budget = settings_named(SETTINGS, settings)
    if not sources:
        raise UsageError(
            "no collections to learn from", remedy="Give some: tuningfork reproduce lvm ablation DIR..."
        )
    judged, split = labelled(judge, label, split_column, quiet=quiet)
    pool = gather([Collection.open(path) for path in sources], [(judged, split.test)], out, quiet=quiet)
    judging = Judging(judged, split, pool, out, quiet)
    plan = list(cells_of(budget, len(pool), seeds, pool=pool.key, judged=judging.key))
    cost = partial(seconds_of, budget=budget, galaxies=len(pool))
    say_hours(plan, cost, quiet=quiet)
    swept = run_cells(
        plan,
        judging.cell,
        out,
        at_most=cells,
        minutes=minutes,
        cost=cost,
        quiet=quiet,
    )
    return _report(swept, judging, budget, [*split.notes, pool.note(), *_notes(budget, pool), *swept.notes()])


def _report(swept: Swept, judging: Judging, budget: Budget, notes: list[str]) -> Report:
    said = _answers(swept, judging)
    table: dict[tuple[str, str], dict[str, Interval]] = {
        (probe, metric): {arm: _scored(judging.truth, every[probe], metric) for arm, every in said.items()}
        for probe in PROBES
        for metric in METRICS
    }
    rows = [
        row(
            arm,
            score,
            majority=scores["majority"].value if "majority" in scores else None,
            probe=probe,
            score=metric,
            seeds=len(said[arm][probe]),
        )
        for (probe, metric), scores in table.items()
        for arm, score in scores.items()
    ]
    pictures = {f"{metric.lower()}.svg": _picture(table, list(said), metric, budget) for metric in METRICS}
    return Report(f"Frozen features of {budget.network} by objective and skips", rows, tuple(notes), pictures)


def _answers(swept: Swept, judging: Judging) -> dict[str, dict[str, np.ndarray]]:
    """Arm -> probe -> answers (seeds, draws, n), in the order of `ARMS`."""
    of_arm: dict[str, list[dict[str, Any]]] = {arm.name: [] for arm in ARMS}
    for cell, result in swept.done:
        of_arm[cell["arm"]].append(result)
    return {
        arm: {
            probe: np.stack([unpack(r[probe], judging.classes, len(judging.truth)) for r in results])
            for probe in PROBES
        }
        for arm, results in of_arm.items()
        if results
    }


def _scored(truth: np.ndarray, answers: np.ndarray, metric: str) -> "Interval":
    """Of answers (seeds, draws, n): seeds and galaxies are resampled, draws of labels averaged."""
    from tuningfork.evaluation import bootstrap_draws, bootstrap_macro_f1

    if metric == "accuracy":
        return bootstrap_draws((answers == truth).mean(axis=1))
    return bootstrap_macro_f1(truth.astype(str), answers.astype(str))


def _picture(
    table: dict[tuple[str, str], dict[str, Any]], arms: list[str], metric: str, budget: Budget
) -> str:
    def point(probe: str, arm: str) -> Point:
        score = table[probe, metric][arm]
        return Point(0, score.value, score.low, score.high)

    shown = [arm for arm in arms if arm != "majority"]
    base = table["linear", metric].get("majority")
    return dot_plot(
        [(arm, [point(probe, arm) for probe in PROBES]) for arm in shown],
        PROBES,
        title=f"Frozen features of {budget.network}: {metric} by objective and skips",
        x_label=f"{metric} on the judged galaxies, with 95 % intervals",
        baseline=("majority", base.value) if base else None,
    )


def _notes(budget: Budget, pool: Pool) -> list[str]:
    epochs = budget.epochs(len(pool))
    return [
        f"every objective saw {epochs * len(pool):,} galaxies ({epochs} epochs of {len(pool):,}), at "
        f"{budget.size} pixels, in batches of {budget.batch}; rate {budget.rate:g} for all, tuned for none",
        "skips stand only where the objective paints with the network's own decoder; the autoencoder paints "
        "with a mirrored ResNet-18 that is thrown away",
        "simclr, ResNet-10 is timm's resnet10t by plain SimCLR on as many galaxies: within a tenth "
        "of the cost of simclr on lvm-nano (measured on one core)",
        "intervals (95 %) resample seeds and judged galaxies; three seeds are few, and "
        "differences smaller than an interval mean little",
    ]
