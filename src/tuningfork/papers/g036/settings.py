"""How networks are pre-trained and fine-tuned: as the paper has it, and a small twin for a processor."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from tuningfork.config import to_table
from tuningfork.papers.g036.printed import PER_CLASS
from tuningfork.tasks.classification.held_out import COLUMN
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.pretrain_presets import PRESETS, PretrainSettings
from tuningfork.training.early import EarlyStop

__all__ = ["METHODS", "SETTINGS", "Way", "cells_of", "seconds_of"]

# What a method begins with, and whether its network is trained on ("fine-tuned", every layer, behind it one
# linear layer: what tables 7 and 8 are) or stands still behind a linear probe ("frozen": not in the tables)
METHODS: dict[str, tuple[str | None, bool]] = {
    "from scratch": (None, False),
    "simclr": ("simclr", False),
    "autoencoder": ("autoencoder", False),
    "simclr, frozen": ("simclr", True),
    "autoencoder, frozen": ("autoencoder", True),
}


@dataclass(frozen=True)
class Way:
    """One way to make the table.

    Parameters
    ----------
    presets : dict
        Objective -> preset of `tuningfork pretrain`.
    instead : dict
        Settings of these that are to be others.
    tuning : ClassifierSettings
        Of fine-tuning and from scratch alike; its start, seed and length come with the cell.
    passes, least, most : int
        Images seen: so many passes, but no fewer and no more than these.
    held_out : float
        Images that an early stop judges by, as a share of those that are learnt from; 0 for none.
    rates : dict
        Galaxies a second of one core (bf16, AVX-512): of each pre-training, and of "tuning".
    """

    presets: dict[str, str]
    tuning: ClassifierSettings
    passes: int
    least: int
    most: int
    held_out: float = 0.0
    instead: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)

    def learning(self, objective: str) -> PretrainSettings:
        """How a network is pre-trained by that objective."""
        return replace(PRESETS[self.presets[objective]], **self.instead)

    def learnt(self, objective: str) -> str:
        """The preset's name, and a hash of all that it says."""
        told = repr(sorted(to_table(self.learning(objective)).items()))
        return f"{self.presets[objective]} {hashlib.sha256(told.encode()).hexdigest()[:8]}"

    def seen(self, images: int) -> int:
        """Images to see in a fine-tuning on so many."""
        return min(max(self.passes * images, self.least), self.most)

    def told(self) -> str:
        """How long a fine-tuning is, in words."""
        length = f"{self.passes} passes through the labelled images, at least {self.least:,} images"
        ends = f", stopped early by the macro-F1 of {self.held_out:.0%} more" if self.tuning.stop else ""
        return length + ends


SETTINGS: dict[str, Way] = {
    "cpu": Way(
        presets={"simclr": "simclr-cpu", "autoencoder": "autoencoder-cpu"},
        instead={"warm_up": 0.5},
        tuning=ClassifierSettings(network="timm:resnet10t", size=64, batch=32, rate=1e-3),
        passes=20,
        least=3_200,
        most=40_000,
        rates={"simclr": 104.0, "autoencoder": 30.0, "tuning": 190.0},
    ),
    # tables 3 to 5. What is ours: turned and mirrored views also in fine-tuning, and pre-training on what is
    # given. For a GPU: on a processor this takes days
    "paper": Way(
        presets={"simclr": "simclr", "autoencoder": "autoencoder"},
        tuning=ClassifierSettings(
            network="timm:resnet18",
            size=128,
            batch=32,
            rate=1e-2,
            warm_up=0.0,
            weight_decay=0.0,
            average=0.0,
            stop=EarlyStop(COLUMN, least=1e-4, patience=10, at_least=5, rising=True),
        ),
        passes=200,
        least=64,
        most=10**9,
        held_out=0.125,
        rates={"simclr": 26.0, "autoencoder": 11.0, "tuning": 45.0},
    ),
}


def cells_of(
    way: Way, surveys: Sequence[tuple[str, str, dict[int, int]]], seeds: int, pool: str
) -> Iterator[dict[str, Any]]:
    """Every cell's settings, seed by seed: the pre-trainings, which take longest, before what needs them.

    Parameters
    ----------
    surveys : sequence of (str, str, dict)
        Name, hash of the data, and how many images there are for each number per class.
    """
    learnt = {objective: {"learnt": way.learnt(objective), "pool": pool} for objective in way.presets}
    for seed in range(seeds):
        for objective in way.presets:
            yield {"method": f"pre-training, {objective}", "seed": seed, **learnt[objective]}
        for per_class, (survey, data, images) in product(PER_CLASS, surveys):
            for method, (objective, frozen) in METHODS.items() if per_class in images else ():
                cell = {
                    "survey": survey,
                    "per_class": per_class,
                    "method": method,
                    "seed": seed,
                    "data": data,
                }
                yield {
                    **cell,
                    **(learnt[objective] if objective else {}),
                    **({} if frozen else _tuned(way, images[per_class])),
                }


def _tuned(way: Way, images: int) -> dict[str, Any]:
    told = hashlib.sha256(repr(sorted(to_table(way.tuning).items())).encode()).hexdigest()[:8]
    return {"network": f"{way.tuning.network} {told}", "seen": way.seen(images)}


def seconds_of(cell: dict[str, Any], way: Way, galaxies: int) -> float:
    """What a cell is expected to take, of one core; ``galaxies`` are those to pre-train on."""
    if "survey" not in cell:
        objective = cell["method"].removeprefix("pre-training, ")
        return galaxies * way.learning(objective).epochs / way.rates[objective]
    return 8.0 + cell.get("seen", 0) / way.rates["tuning"]
