"""What a cell of the tables does: train a network on a scheme, or fit a probe on frozen features."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.papers.answers import pack_shares
from tuningfork.papers.doherty2024.asked import Asked
from tuningfork.papers.doherty2024.settings import BASELINES, Way
from tuningfork.papers.trained import cell_folder
from tuningfork.tasks.morphology.binary_labels import BinaryTarget, label_weights

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """The way, the galaxies and the folder that all cells share."""

    way: Way
    asked: Asked
    out: Path
    quiet: bool
    vectors: dict[str, np.ndarray] = field(default_factory=dict)

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """What is said of every label of the fold's galaxies, 0 to 1."""
        rows, judged = self.asked.parts(cell["scheme"], cell["seed"], cell["fold"])
        answer = self._by_probe if cell["network"] in BASELINES else self._by_training
        said = answer(cell, rows, judged)
        return {"galaxies": len(judged), "learnt": len(rows), "said": pack_shares(said)}

    def _by_training(self, cell: dict[str, Any], rows: np.ndarray, judged: np.ndarray) -> np.ndarray:
        from tuningfork.tasks.classification.classifier import outputs_of, prepared
        from tuningfork.tasks.classification.learning import learn

        labels, seed = self.asked.labels[cell["scheme"]], cell["seed"]
        rows, held_out = _parted(rows, self.way.held_out, seed)
        target = BinaryTarget(labels.names, label_weights(labels.at(rows)))
        recipe = self.way.recipe_of(cell["network"]).changed(seed=seed)
        settings = replace(
            recipe.for_galaxies(len(rows)), class_weights=None, sampling=None, smoothing=None, keep=None
        )
        if settings.head and not len(held_out):  # nothing to stop by
            settings = replace(settings, head=replace(settings.head, stop=None))
        with cell_folder(self.out, cell) as folder:
            learnt = learn(
                self.asked.collection,
                rows,
                labels.at(rows),
                target,
                settings,
                folder,
                held_out=(held_out, labels.at(held_out)) if len(held_out) else None,
                quiet=self.quiet,
            )
            batches = prepared(self.asked.collection, learnt.network, judged)
            said = target.foretold(outputs_of(learnt.network, batches, len(judged), learnt.half))
        return said

    def _by_probe(self, cell: dict[str, Any], rows: np.ndarray, judged: np.ndarray) -> np.ndarray:
        """How likely each answer of one question is; an answer that nobody may learn from has nothing."""
        from tuningfork.evaluation.probe import fit_probe

        wanted = self.asked.labels[cell["scheme"]].wanted
        codes = np.nan_to_num(wanted).argmax(axis=1)
        counts = np.bincount(codes[rows], minlength=wanted.shape[1])
        rows = rows[counts[codes[rows]] >= 2]
        said = np.zeros((len(judged), wanted.shape[1]))
        there = np.unique(codes[rows])
        if len(there) == 1:  # nothing to tell apart
            said[:, there] = 1.0
            return said
        vectors = self._vectors(cell["network"])
        mean, spread = vectors[rows].mean(0), vectors[rows].std(0)
        scale = np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0)
        model = fit_probe((vectors[rows] - mean) * scale, codes[rows], cell["seed"])
        said[:, there] = model.predict_proba((vectors[judged] - mean) * scale)
        return said

    def _vectors(self, baseline: str) -> np.ndarray:
        """(N, D) features of all galaxies, made once."""
        if baseline not in self.vectors:
            every = np.arange(len(self.asked.collection))
            if baseline == BASELINES[1]:
                from tuningfork.tasks.features import measured

                found = measured(self.asked.collection, every, quiet=self.quiet)
            else:
                from tuningfork.encoders import load_encoder
                from tuningfork.papers.pretrained import frozen_vectors

                found = frozen_vectors(self.asked.collection, load_encoder("lvm-tiny"), every)
            self.vectors[baseline] = found
        return self.vectors[baseline]


def _parted(rows: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from, and those that choose the pass."""
    if not share:
        return rows, rows[:0]
    away = np.random.default_rng(seed).permutation(len(rows)) < round(share * len(rows))
    return rows[~away], rows[away]
