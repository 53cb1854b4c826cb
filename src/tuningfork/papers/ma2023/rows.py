"""Lines of the tables: ours with its interval, the paper's, and what answering without looking scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tuningfork.evaluation import Interval
from tuningfork.papers.ma2023.printed import CLASSES
from tuningfork.papers.ma2023.said import Said
from tuningfork.papers.ma2023.settings import Way
from tuningfork.papers.ma2023.tally import Metric, Tally, f1, precision, recall, with_ends
from tuningfork.papers.report import row

__all__ = ["METRICS", "NOTHING", "Desk"]

METRICS: dict[str, Callable[[int], Metric]] = {"recall": recall, "precision": precision, "F1": f1}
NOTHING = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Desk:
    """All that the lines of a table are made of."""

    said: Said
    way: Way
    lacking: Sequence[str] = ()  # networks whose ImageNet weights are not at hand

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.said.galaxies.classes

    @cached_property
    def _tallies(self) -> dict[Any, Tally]:
        return {}

    def tally(self, network: str, arm: str, seeds: Sequence[int] | None = None, part: str = "judged") -> Any:
        """The runs of an arm, or of some seeds; None where there are none."""
        seeds = self.said.seeds(network, arm) if seeds is None else seeds
        if not len(seeds):
            return None
        key = (network, arm, tuple(seeds), part)
        if key not in self._tallies:
            answers = self.said.answers(network, arm, part)
            stack = np.stack([answers[seed] for seed in seeds])
            self._tallies[key] = Tally.of(self.said.truth(part), stack, len(self.classes))
        return self._tallies[key]

    def both(self, network: str, arm: str, other: str) -> tuple[list[int], Any, Any]:
        """Seeds that two arms share, and the runs of each."""
        seeds = sorted(set(self.said.seeds(network, arm)) & set(self.said.seeds(network, other)))
        return seeds, self.tally(network, arm, seeds), self.tally(network, other, seeds)

    def score(self, tally: Tally, metric: str, kind: int) -> Interval:
        """Recall, precision or F1 of a class."""
        if metric == "recall":
            return tally.share(kind, kind)
        return with_ends(tally.interval(METRICS[metric](kind)))

    def majority(self, metric: Metric) -> float:
        """What always saying the commonest class scores; NaN where it says nothing."""
        truth = self.said.truth()
        same = np.full((1, len(truth)), self.said.galaxies.commonest)
        hot = np.zeros((len(self.classes), len(self.classes) + 1))
        np.add.at(hot, (truth, same[0]), 1.0)
        return float(metric(hot))

    def line(
        self, name: str, ours: Interval, metric: Metric | None = None, /, **further: Any
    ) -> dict[str, Any]:
        """A line with its majority; the paper's number only beside classes of the paper."""
        if ours is not NOTHING and not set(self.classes) <= set(CLASSES):
            further["paper"] = None
        return row(name, ours, majority=None if metric is None else self.majority(metric), **further)

    def begun(self, network: str) -> str:
        """What a network begins with, in words."""
        if self.way.networks[network].start == "imagenet":
            return "from ImageNet"
        return "from scratch, no ImageNet weights at hand" if network in self.lacking else "from scratch"
