"""How networks are pre-trained and fine-tuned: as the paper has it, and a small twin for a processor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuningfork.papers.g036.printed import PER_CLASS
from tuningfork.tasks.classification.settings import ClassifierSettings

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
    pretraining : dict
        Of `PretrainSettings`; the objective comes with the method.
    tuning : ClassifierSettings
        Of fine-tuning and from scratch alike; its start, seed and length come with the cell.
    passes, least, most : int
        Images seen: so many passes, but no fewer and no more than these.
    rates : dict
        Galaxies a second of one core: of each pre-training, and of "tuning".
    """

    pretraining: dict[str, Any]
    tuning: ClassifierSettings
    passes: int
    least: int
    most: int
    rates: dict[str, float] = field(default_factory=dict)

    def seen(self, images: int) -> int:
        """Images to see in a fine-tuning on so many."""
        return min(max(self.passes * images, self.least), self.most)

    def told(self) -> str:
        """How long a fine-tuning is, in words."""
        return (
            f"{self.passes} passes through the labelled images, at least {self.least:,} and at most "
            f"{self.most:,} images"
        )


SETTINGS: dict[str, Way] = {
    "cpu": Way(
        pretraining={
            "network": "timm:resnet10t",
            "size": 64,
            "embed_size": 64,
            "batch": 64,
            "epochs": 5,
            "rate": 8e-4,
            "warm_up": 0.5,
            "drop_path": 0.0,
        },
        tuning=ClassifierSettings(network="timm:resnet10t", size=64, batch=32, rate=1e-3),
        passes=20,
        least=3_200,
        most=40_000,
        rates={"simclr": 114.0, "autoencoder": 34.0, "tuning": 230.0},
    ),
}


def cells_of(
    way: Way, surveys: Sequence[tuple[str, str, dict[int, int]]], seeds: int, pool: str
) -> Iterator[dict[str, Any]]:
    """Every cell's settings, seed by seed.

    Parameters
    ----------
    surveys : sequence of (str, str, dict)
        Name, hash of the data, and how many images there are for each number per class.
    """
    learnt = {f"pre_{name}": value for name, value in way.pretraining.items() if name != "drop_path"}
    for seed in range(seeds):
        for per_class in PER_CLASS:
            for survey, data, images in surveys:
                if per_class not in images:
                    continue
                for method, (objective, frozen) in METHODS.items():
                    tuned = {} if frozen else {"seen": way.seen(images[per_class]), "rate": way.tuning.rate}
                    yield {
                        "survey": survey,
                        "per_class": per_class,
                        "method": method,
                        "seed": seed,
                        "network": way.tuning.network,
                        "size": way.tuning.size,
                        "batch": way.tuning.batch,
                        **tuned,
                        **(learnt | {"pool": pool} if objective else {}),
                        "data": data,
                    }


def seconds_of(cell: dict[str, Any], way: Way) -> float:
    """What a cell is expected to take, of one core, without the pre-training."""
    return 8.0 + cell.get("seen", 0) / way.rates["tuning"]
