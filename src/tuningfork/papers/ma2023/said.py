"""What each arm calls each galaxy: passes and combinations are chosen by galaxies that do not judge."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.papers.answers import unpack_shares
from tuningfork.papers.ma2023.galaxies import Galaxies
from tuningfork.papers.ma2023.settings import ARMS, TRAININGS
from tuningfork.papers.sweep import Swept
from tuningfork.tasks.morphology.hiwl import best_together, sequential

__all__ = ["Combination", "Said"]

Stage = tuple[tuple[str, ...], np.ndarray]  # answers, and (passes, n, answers) probabilities


@dataclass(frozen=True)
class Combination:
    """One pass of each stage together.

    Parameters
    ----------
    picks : tuple of int
        Which of the best passes of each stage, counted from 0, the best one first.
    choosing : float
        Accuracy on the choosing galaxies.
    judged : ndarray
        (n,) class of the judged galaxies.
    chosen : bool
        Whether it is the best on the choosing galaxies.
    """

    picks: tuple[int, ...]
    choosing: float
    judged: np.ndarray
    chosen: bool


@dataclass(frozen=True)
class Said:
    """What finished cells say; arms whose cells are not all finished say nothing.

    Numbers of classes are those of the galaxies; one more stands for a stamp that cannot be read.
    """

    galaxies: Galaxies
    group: dict[str, tuple[str, ...]]
    results: dict[tuple[str, str], dict[int, dict[str, Any]]]  # network, training -> seed -> result

    @classmethod
    def of(cls, swept: Swept, galaxies: Galaxies, group: dict[str, tuple[str, ...]]) -> "Said":
        """From a sweep."""
        results: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
        for cell, result in swept.done:
            results.setdefault((cell["network"], cell["training"]), {})[cell["seed"]] = result
        return cls(galaxies, group, results)

    def seeds(self, network: str, arm: str) -> list[int]:
        """Of which all of the arm's trainings are finished."""
        every = [set(self.results.get((network, training), {})) for training in ARMS[arm]]
        return sorted(set.intersection(*every))

    def answers(self, network: str, arm: str, part: str = "judged") -> dict[int, np.ndarray]:
        """Seed -> (n,) numbers of classes."""
        return {seed: self._answers(network, arm, part, seed) for seed in self.seeds(network, arm)}

    def combinations(self, network: str, arm: str, seed: int) -> list[Combination]:
        """Of an arm of two stages: all that were tried, each with what it says."""
        (one, two), table, best = self._tried(network, arm, seed)
        return [
            Combination(
                tuple(line["candidates"]),
                line["sequential_accuracy"],
                self._sequential(one, two, line["candidates"], "judged"),
                number == best,
            )
            for number, line in enumerate(table)
        ]

    def right_of_stage(self, network: str, training: str) -> np.ndarray:
        """(seeds, n) whether the best pass is right on the choosing galaxies that the stage is about."""
        stage = TRAININGS[training].stage
        rows, labels = self.galaxies.of_stage("choosing", stage, self.group)
        about = np.isin(self.galaxies.choosing, rows)
        found = []
        for seed in sorted(self.results.get((network, training), {})):
            names, shares = self._stage(network, training, seed, "choosing")
            best = shares[0][about]
            said = np.array(names, dtype=object)[np.nan_to_num(best).argmax(axis=1)]
            found.append((said == labels) & np.isfinite(best).all(axis=1))
        return np.array(found)

    def truth(self, part: str = "judged") -> np.ndarray:
        """(n,) numbers of the true classes."""
        return self.galaxies.codes[self.galaxies.rows(part)]

    def _answers(self, network: str, arm: str, part: str, seed: int) -> np.ndarray:
        trainings = ARMS[arm]
        if len(trainings) == 1:
            names, shares = self._stage(network, trainings[0], seed, part)
            place = np.array([self.galaxies.classes.index(name) for name in names])
            return self._known(place[np.nan_to_num(shares[0]).argmax(axis=1)], shares[0])
        (one, two), table, best = self._tried(network, arm, seed)
        return self._sequential(one, two, table[best]["candidates"], part)

    def _tried(self, network: str, arm: str, seed: int) -> tuple[Any, list[dict[str, Any]], int]:
        """The stages, every combination's scores, and the best one by the paper's way to decide."""
        stages = [
            {part: self._stage(network, training, seed, part) for part in ("choosing", "judged")}
            for training in ARMS[arm]
        ]
        (group,) = self.group
        (first, shares), (names, parted) = (stage["choosing"] for stage in stages)
        second = {group: (names, list(np.nan_to_num(parted)))}
        truth = self.truth("choosing")
        _, table = best_together(
            self.galaxies.classes, (first, list(np.nan_to_num(shares))), second, truth, "accuracy"
        )
        best = max(range(len(table)), key=lambda n: (float(str(table[n]["sequential_accuracy"])), -n))
        return stages, table, best

    def _sequential(self, one: Any, two: Any, picks: Any, part: str) -> np.ndarray:
        """The first stage's word, and where that is the merged group the second one's."""
        (group,) = self.group
        (first, shares), (names, parted) = one[part], two[part]
        said = sequential(
            self.galaxies.classes, (first, shares[picks[0]]), {group: (names, parted[picks[1]])}
        )
        return self._known(said, shares[picks[0]])

    def _stage(self, network: str, training: str, seed: int, part: str) -> Stage:
        result = self.results[network, training][seed]
        names = tuple(json.loads(result["answers"]))
        rows = self.galaxies.rows(part)
        return names, unpack_shares(result[part], result["passes"], len(rows), len(names))

    def _known(self, said: np.ndarray, shares: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(shares).all(axis=1), said, len(self.galaxies.classes))
