"""The rows and the picture of figure 10."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from tuningfork.evaluation.intervals import Interval, percentiles
from tuningfork.papers.plot import Point, dot_plot
from tuningfork.papers.report import Report, row

__all__ = ["Curve", "loop_report"]

RESAMPLES = 1000
TITLES = {"logistic": "frozen, logistic head", "mlp": "frozen, MLP head", "ResNet18": "ResNet18 from scratch"}
_NOTES = (
    "Area under the precision-recall curve, as average precision: mean over seeds, interval over seeds and "
    "test galaxies. A ranking at random has the share of positives",
    "The paper's numbers are of one draw from 8,522 galaxies of Galaxy Zoo DECaLS (face-on spirals, 53 %). "
    "Its figure shows more than its text tells",
)


@dataclass(frozen=True)
class Curve:
    """One method on one kind of training set.

    Parameters
    ----------
    setting, method : str
    scores : dict
        Seed -> (n,) scores of the test galaxies.
    images : int
        In the training set.
    asked : float
        Positives among those that the loop asked about, mean over seeds.
    paper : float, optional
        The paper's number.
    """

    setting: str
    method: str
    scores: dict[int, np.ndarray]
    images: int
    asked: float = 0.0
    paper: float | None = None


def loop_report(curves: Sequence[Curve], truth: np.ndarray, notes: Sequence[str]) -> Report:
    """Rows of every setting and method, paired leads of the loop, and the picture.

    Parameters
    ----------
    truth : ndarray
        (n,) which test galaxies are positive.
    """
    share = float(truth.mean())
    rows, cells = [], {}
    for curve in curves:
        told = _area(np.stack(list(curve.scores.values())), truth)
        cells[curve.setting, curve.method] = told
        rows.append(
            row(
                f"{curve.setting}: {TITLES[curve.method]}",
                told,
                paper=curve.paper,
                majority=share,
                setting=curve.setting,
                method=curve.method,
                images=curve.images,
                positives_asked=curve.asked,
                seeds=len(curve.scores),
            )
        )
    methods = [m for m in TITLES if any(curve.method == m for curve in curves)]
    paper = {c.setting: c.paper for c in curves if c.paper is not None}
    points = [
        (name, [*(_point(cells.get((name, method))) for method in methods), _paper(paper.get(name))])
        for name in dict.fromkeys(curve.setting for curve in curves)
    ]
    picture = dot_plot(
        points,
        [*(TITLES[method] for method in methods), "the paper (its galaxies)"],
        title="A person in the loop, and without",
        x_label=f"area under the precision-recall curve on {len(truth):,} test galaxies, mean and 95 %",
        baseline=("at random", share),
    )
    title = "Fu et al. 2024, figure 10: with and without a person in the loop"
    told = (*notes, *_leads(curves, truth), *_NOTES)
    return Report(title, rows, told, {"human-loop.svg": picture})


def _area(scores: np.ndarray, truth: np.ndarray) -> Interval:
    """Mean average precision of (seeds, n) scores; seeds and galaxies are resampled independently."""
    return _resampled([scores], truth)


def _resampled(arms: Sequence[np.ndarray], truth: np.ndarray) -> Interval:
    """The first arm's mean average precision, less that of the second if there is one."""
    seeds, n = arms[0].shape
    ordered = [[_ordered(one, truth) for one in scores] for scores in arms]
    rng, values = np.random.default_rng(0), np.empty(RESAMPLES)

    def told(of_galaxy: np.ndarray, picks: np.ndarray) -> float:
        means = [np.mean([_precision(*arm[seed], of_galaxy) for seed in picks]) for arm in ordered]
        return float(means[0] - sum(means[1:]))

    for number in range(RESAMPLES):
        of_galaxy = np.bincount(rng.integers(0, n, n), minlength=n)
        values[number] = told(of_galaxy, rng.integers(0, seeds, seeds))
    return percentiles(told(np.ones(n, np.int64), np.arange(seeds)), values)


def _ordered(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-scores, kind="stable")
    return order, truth[order]


def _precision(order: np.ndarray, hits: np.ndarray, weight: np.ndarray) -> float:
    """Average precision, each galaxy so many times; nan without a positive."""
    counts = weight[order]
    found = np.cumsum(counts * hits)
    if not found[-1]:
        return nan
    return float((counts * hits * found / np.maximum(np.cumsum(counts), 1)).sum() / found[-1])


def _leads(curves: Sequence[Curve], truth: np.ndarray) -> list[str]:
    """The loop against what the paper compares it with, on the same draws."""
    by = {(curve.setting, curve.method): curve for curve in curves}
    pairs = [
        (loop, other)
        for loop in curves
        if ", then " in loop.setting
        for other in (
            by.get(("5 + 5", loop.method)),
            by.get(("15 + 15", loop.method)),
            by.get(("50 + 50", "ResNet18")),
        )
        if other is not None
    ]
    told = []
    for loop, other in pairs:
        common = sorted(loop.scores.keys() & other.scores.keys())
        if not common:  # a sweep that is not finished
            continue
        gap = _resampled([np.stack([c.scores[s] for s in common]) for c in (loop, other)], truth)
        told.append(
            f"{loop.setting} ({TITLES[loop.method]}): {gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}) "
            f"against {other.setting} ({TITLES[other.method]})"
        )
    return told


def _point(told: Interval | None) -> Point | None:
    return None if told is None else Point(0, told.value, told.low, told.high)


def _paper(value: float | None) -> Point | None:
    return None if value is None else Point(0, value, nan, nan)
