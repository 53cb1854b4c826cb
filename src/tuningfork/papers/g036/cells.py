"""What a cell of the table does: pre-train, or learn from some labels and say what the test galaxies are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.papers.answers import pack
from tuningfork.papers.apart import Pool
from tuningfork.papers.g036.settings import METHODS, Way
from tuningfork.papers.g036.survey import Survey
from tuningfork.papers.pretrained import frozen_vectors, pretrained
from tuningfork.papers.trained import trained

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """The way, the data and the folder that all cells share."""

    way: Way
    surveys: Sequence[Survey]
    pool: Pool
    out: Path
    quiet: bool
    vectors: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """A cell's result; a pre-training has none but its weights."""
        if "survey" not in cell:
            self._weights(cell["method"].removeprefix("pre-training, "), cell["seed"])
            return {"galaxies": len(self.pool)}
        objective, frozen = METHODS[cell["method"]]
        weights = self._weights(objective, cell["seed"]) if objective else None
        survey = next(s for s in self.surveys if s.name == cell["survey"])
        rows, held_out = survey.draw(cell["per_class"], cell["seed"], self.way.held_out)
        if frozen:
            assert weights is not None
            said = self._by_probe(survey, weights, rows, cell["seed"])
        else:
            said = self._by_training(survey, weights, rows, held_out, cell)
        return {"images": len(rows), "answers": pack(said, survey.classes)}

    def _weights(self, objective: str, seed: int) -> Path:
        told = hashlib.sha256(f"{self.way.learnt(objective)} {self.pool.key}".encode()).hexdigest()[:8]
        return pretrained(
            self.pool,
            self.out / "pretraining" / f"{objective}-{seed}-{told}",
            preset=self.way.presets[objective],
            seed=seed,
            quiet=self.quiet,
            **self.way.instead,
        )

    def _by_training(
        self,
        survey: Survey,
        weights: Path | None,
        rows: np.ndarray,
        held_out: np.ndarray,
        cell: dict[str, Any],
    ) -> np.ndarray:
        settings = replace(
            self.way.tuning,
            start=f"file:{weights}" if weights else None,
            seen=cell["seen"],
            seed=cell["seed"],
        )
        with trained(
            survey.collection,
            rows,
            survey.labels[rows],
            settings,
            self.out,
            cell,
            held_out=(held_out, survey.labels[held_out]) if len(held_out) else None,
            quiet=self.quiet,
        ) as classifier:
            return classifier.predict(survey.collection, survey.test)

    def _by_probe(self, survey: Survey, weights: Path, rows: np.ndarray, seed: int) -> np.ndarray:
        from tuningfork.encoders import load_encoder
        from tuningfork.evaluation.probe import fit_probe

        if (survey.name, str(weights)) not in self.vectors:
            every = np.concatenate([survey.train, survey.test])
            found = frozen_vectors(survey.collection, load_encoder(f"file:{weights}"), every)
            vectors = np.zeros((len(survey.collection), found.shape[1]), np.float32)
            spread = np.maximum(found[: len(survey.train)].std(axis=0), 1e-6)
            vectors[every] = (found - found[: len(survey.train)].mean(axis=0)) / spread
            self.vectors[survey.name, str(weights)] = vectors
        vectors = self.vectors[survey.name, str(weights)]
        probe = fit_probe(vectors[rows], survey.labels[rows].astype(str), seed)
        return probe.predict(vectors[survey.test])
