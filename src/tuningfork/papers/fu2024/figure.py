"""The rows and the picture of figure 5."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation import bootstrap_draws, bootstrap_macro_f1
from tuningfork.papers.plot import Point, Series, line_plot
from tuningfork.papers.report import Report, row

__all__ = ["Curve", "few_shot_report"]

_NO_NUMBERS = "The paper prints no numbers of its figure 5, and used other galaxies; that column is empty"


@dataclass(frozen=True)
class Curve:
    """One method's answers.

    Parameters
    ----------
    name : str
    frozen : bool
        An encoder that was not trained further, with a head; else a network from scratch.
    answers : dict
        Images per class, or "all" -> seed -> (n,) classes as text.
    images : dict
        Images per class -> images in all.
    """

    name: str
    frozen: bool
    answers: dict[int | str, dict[int, np.ndarray]]
    images: dict[int | str, int]

    @property
    def title(self) -> str:
        """As a legend says it."""
        return f"{self.name}, {'frozen' if self.frozen else 'from scratch'}"

    def stacked(self, per_class: int | str) -> np.ndarray:
        """(seeds, n) answers."""
        return np.stack(list(self.answers[per_class].values()))


def few_shot_report(
    curves: Sequence[Curve], truth: np.ndarray, commonest: float, notes: Sequence[str]
) -> Report:
    """Rows of every method and number of images, the leads of frozen encoders, and the picture.

    Parameters
    ----------
    truth : ndarray
        (n,) classes of the test galaxies, as text.
    commonest : float
        What always answering the commonest training class scores.
    """
    sizes = list(dict.fromkeys(n for curve in curves for n in curve.answers))
    sizes.sort(key=lambda n: (n == "all", n))
    rows, series = [], []
    for curve in curves:
        points = []
        for n in (n for n in sizes if n in curve.answers):
            said = curve.stacked(n)
            right, f1 = bootstrap_draws(said == truth), bootstrap_macro_f1(truth, said)
            name = f"{curve.title}, {_many(n)}"
            rows.append(
                row(
                    name,
                    right,
                    majority=commonest,
                    method=curve.name,
                    per_class=str(n),
                    images=curve.images[n],
                    macro_f1=f1.value,
                    macro_f1_low=f1.low,
                    macro_f1_high=f1.high,
                    seeds=len(curve.answers[n]),
                )
            )
            points.append(Point(sizes.index(n), right.value, right.low, right.high))
        series.append(Series(curve.title, points, dashed=not curve.frozen))
    picture = line_plot(
        series,
        [str(n) for n in sizes],
        title="Accuracy against images per class",
        x_label="labelled images per class",
        y_label=f"accuracy on {len(truth):,} test galaxies, mean and 95 % interval over draws and galaxies",
        baseline=("always the commonest class", commonest),
    )
    title = "Fu et al. 2024, figure 5: accuracy against images per class"
    return Report(title, rows, (*notes, *_leads(curves, truth), _NO_NUMBERS), {"few-shot.svg": picture})


def _leads(curves: Sequence[Curve], truth: np.ndarray) -> list[str]:
    """By how much each frozen encoder is ahead of the best network from scratch, on the same draws."""
    told = []
    for ours in (curve for curve in curves if curve.frozen):
        for n in ours.answers:
            rivals = [curve for curve in curves if not curve.frozen and n in curve.answers]
            if not rivals:
                continue
            best = max(rivals, key=lambda curve: float((curve.stacked(n) == truth).mean()))
            common = sorted(ours.answers[n].keys() & best.answers[n].keys())
            if not common:  # a sweep that is not finished
                continue
            pairs = [np.stack([curve.answers[n][seed] for seed in common]) for curve in (ours, best)]
            gap = bootstrap_draws((pairs[0] == truth).astype(float) - (pairs[1] == truth))
            told.append(
                f"{ours.name} with {_many(n)}: {100 * gap.value:+.1f} points "
                f"({100 * gap.low:+.1f} to {100 * gap.high:+.1f}) against {best.name}, the best from scratch"
            )
    return told


def _many(per_class: int | str) -> str:
    return "all images" if per_class == "all" else f"{per_class} per class"
