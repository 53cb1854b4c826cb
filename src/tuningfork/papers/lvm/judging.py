"""A cell of the ablation: from its settings to what each probe says of every judged galaxy."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.papers.answers import pack
from tuningfork.papers.apart import Pool

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.evaluation import FeatureTask
    from tuningfork.tasks.features import LabelledSplit

__all__ = ["PROBES", "Judging"]

PROBES = ("knn", "linear", "10 per class")


class Judging:
    """The judged galaxies, and a cell's way from settings to answers.

    Parameters
    ----------
    judge : Collection
    split : LabelledSplit
        Its rows to learn from and to judge by.
    pool : Pool
        What is pre-trained on.
    out : Path
        The table's folder; every pre-training has its own below ``cells``.
    """

    def __init__(self, judge: "Collection", split: "LabelledSplit", pool: Pool, out: Path, quiet: bool):
        self.judge, self.split, self.pool, self.out, self.quiet = judge, split, pool, out, quiet
        labelled = np.concatenate([split.train, split.test])
        self.rows = labelled
        self.classes = sorted(set(split.labels[labelled]))
        self.truth = split.labels[split.test]

    @property
    def key(self) -> str:
        """A short hash of the judged collection's ids, labels and parts."""
        lines = [self.judge.name, str(len(self.split.train))]
        lines += [
            f"{i}\t{c}" for i, c in zip(self.judge.ids(self.rows), self.split.labels[self.rows], strict=True)
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """What each probe says of every judged galaxy."""
        from tuningfork.evaluation import probe_answers

        if cell["arm"] == "majority":
            names, counts = np.unique(self.split.labels[self.split.train], return_counts=True)
            same = np.full((1, len(self.truth)), names[counts.argmax()], dtype=object)
            answers = dict.fromkeys(PROBES, same)
        else:
            answers = probe_answers(self._task(self._vectors(cell)), seed=cell["seed"])
        return {probe: pack(said, self.classes) for probe, said in answers.items()}

    def _vectors(self, cell: dict[str, Any]) -> np.ndarray:
        from tuningfork.encoders import load_encoder
        from tuningfork.encoders.trainable import untrained
        from tuningfork.papers.pretrained import frozen_vectors, pretrained
        from tuningfork.tasks.features import measured

        if cell["arm"] == "measurements":
            return measured(self.judge, self.rows, quiet=self.quiet)
        if "objective" not in cell:
            return frozen_vectors(self.judge, untrained(cell["network"], cell["seed"]), self.rows)
        name = hashlib.sha256(repr(sorted(cell.items())).encode()).hexdigest()[:8]
        beside = ("arm", "warm_up", "pool", "judged")
        weights = pretrained(
            self.pool,
            self.out / "cells" / f"{cell['arm'].replace(' ', '-').replace(',', '')}-{cell['seed']}-{name}",
            preset="lvm-tiny-quick",
            embed_size=cell["size"],
            drop_path=0.0,
            warm_up=cell["warm_up"] * cell["epochs"],
            quiet=self.quiet,
            **{setting: value for setting, value in cell.items() if setting not in beside},
        )
        return frozen_vectors(self.judge, load_encoder(f"file:{weights}"), self.rows)

    def _task(self, vectors: np.ndarray) -> "FeatureTask":
        from tuningfork.evaluation import FeatureTask

        y, known = self.split.labels, len(self.split.train)
        return FeatureTask(vectors[:known], y[self.split.train], vectors[known:], self.truth)
