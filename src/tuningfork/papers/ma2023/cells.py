"""What a cell does: train one network, and keep what its best passes say of the galaxies."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuningfork.papers.answers import pack_shares
from tuningfork.papers.ma2023.galaxies import Galaxies
from tuningfork.papers.ma2023.settings import TRAININGS, Way

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """The way, the data and the folder that all cells share.

    ``group`` is the merged group -> its classes; empty as long as only plain networks are trained.
    """

    way: Way
    galaxies: Galaxies
    group: dict[str, tuple[str, ...]]
    out: Path
    quiet: bool
    trained: list[str] = field(default_factory=list)  # what has begun here and now

    @property
    def counts(self) -> tuple[int, int]:
        """Galaxies to learn from: of all classes, and of those that stage two parts."""
        return len(self.galaxies.train), len(self._part("train", "two")[0]) if self.group else 0

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Probabilities (passes, galaxies, answers) of choosing and judged galaxies, the best pass first."""
        import numpy as np

        from tuningfork.papers.trained import trained
        from tuningfork.tasks.morphology.staging import probabilities_of_passes

        self.trained.append(cell["training"])
        stage = TRAININGS[cell["training"]].stage
        held_out = self._part("choosing", stage)
        with trained(
            self.galaxies.collection,
            *self._part("train", stage),
            self.way.of(cell["network"], cell["training"], self.counts, cell["seed"]),
            self.out,
            cell,
            held_out=held_out if len(held_out[0]) else None,
            quiet=self.quiet,
        ) as classifier:
            collection = self.galaxies.collection
            said = {
                part: np.stack(probabilities_of_passes(classifier, collection, self.galaxies.rows(part)))
                for part in ("choosing", "judged")
            }
        return {
            "answers": json.dumps(classifier.classes),
            "scores": json.dumps([round(score, 5) for score, _ in classifier.kept]),
            "passes": len(said["judged"]),
            "left_out": len(classifier.left_out),
            **{part: pack_shares(shares) for part, shares in said.items()},
        }

    def _part(self, part: str, stage: str) -> Any:
        return self.galaxies.of_stage(part, stage, self.group)
