"""The ablation as data: who is compared, how long each learns, and what that costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["ARMS", "SETTINGS", "Arm", "Budget", "cells_of", "seconds_of"]


@dataclass(frozen=True)
class Arm:
    """One line of the table.

    Parameters
    ----------
    name : str
    objective : str or None
        None is not trained at all.
    skips, local, pooling
        Switches of the network, as in `LVMShape`; None where they do not matter or are its own.
    network : str or None
        Instead of the budget's.
    teacher, start, precision
        As in `PretrainSettings`.
    """

    name: str
    objective: str | None = None
    skips: str | None = None
    local: bool | None = None
    pooling: str | None = None
    network: str | None = None
    teacher: str | None = None
    start: str | None = None
    precision: str | None = None


_SKIPS = ("full", "gated", "none")
_BEST = "contrastive+reconstruction"
_LITE0 = "timm:tf_efficientnet_lite0"

ARMS: tuple[Arm, ...] = (
    Arm("majority"),
    Arm("measurements"),
    Arm("untrained"),
    *(
        Arm(f"{objective}, skips {skips}", objective, skips)
        for objective in ("reconstruction", "masked", "degraded")
        for skips in _SKIPS
    ),
    Arm("autoencoder", "autoencoder"),
    Arm("self-distillation", "self-distillation"),
    Arm("simclr", "simclr"),
    Arm("contrastive", "contrastive"),
    *(Arm(f"{_BEST}, skips {skips}", _BEST, skips) for skips in _SKIPS),
    Arm(f"{_BEST}, no local convolutions", _BEST, "full", local=False),
    Arm(f"{_BEST}, public pooling", _BEST, "full", pooling="public"),
    Arm("simclr, ResNet-10", "simclr", network="timm:resnet10t"),
    # what the shipped weights come from: photographs first, then the sky, then a pupil
    Arm("distillation of lvm-tiny", "distillation", teacher="lvm-tiny"),
    Arm("contrastive, EfficientNet", "contrastive", network=_LITE0, precision="fp32"),
    Arm(
        "contrastive, EfficientNet of ImageNet",
        "contrastive",
        network=_LITE0,
        start="imagenet:efficientnet-lite0",
        precision="fp32",  # a processor takes longer for depth-wise convolutions in bf16
    ),
)


@dataclass(frozen=True)
class Budget:
    """How long every arm learns: as many galaxies seen for all, with one rate that is tuned for none."""

    network: str = "lvm-nano"
    seen: int = 32_000  # galaxies, each time that one is seen; brought to whole epochs
    size: int = 64
    batch: int = 64
    rate: float = 8e-4
    warm_up: float = 0.1  # of the run
    hours_of_one: float = 1.0  # cost of a galaxy, in those of lvm-nano

    def epochs(self, galaxies: int) -> int:
        """Times that each galaxy is seen."""
        return max(1, round(self.seen / max(galaxies, 1)))


SETTINGS: dict[str, Budget] = {
    "cpu": Budget(),
    "overnight": Budget(seen=76_000),
    # the shipped network, for a GPU
    "long": Budget(network="lvm-tiny", seen=200_000, hours_of_one=1.9),
}

# galaxies a second of one core in training, lvm-nano at 64 px, batch 64, bf16 with AVX-512; a ResNet-10 costs
# the same within a tenth, so that equal galaxies seen are equal cost
_RATES = {"autoencoder": 32.0, "self-distillation": 85.0, _BEST: 110.0, _LITE0: 60.0}
_RATE = 120.0
_JUDGING = 15.0  # seconds a cell


def cells_of(budget: Budget, galaxies: int, seeds: int, **data: str) -> Iterator[dict[str, Any]]:
    """Every cell's settings, seed by seed, so that a sweep which is stopped early has whole seeds."""
    for seed in range(seeds):
        for arm in ARMS:
            if seed and arm.name in ("majority", "measurements"):
                continue  # nothing in them is drawn
            cell = {
                "arm": arm.name,
                "objective": arm.objective,
                "network": arm.network or budget.network,
                "skips": arm.skips,
                "local": arm.local,
                "pooling": arm.pooling,
                "teacher": arm.teacher,
                "start": arm.start,
                "precision": arm.precision,
                "seed": seed,
                "epochs": budget.epochs(galaxies),
                "batch": budget.batch,
                "size": budget.size,
                "rate": budget.rate,
                "warm_up": budget.warm_up,
                **data,
            }
            yield {name: value for name, value in cell.items() if value is not None}


def seconds_of(cell: dict[str, Any], budget: Budget, galaxies: int) -> float:
    """What a cell is expected to take, of one core."""
    objective = cell.get("objective")
    if objective is None:
        return _JUDGING
    rate = _RATES.get(cell["network"], _RATES.get(objective, _RATE))
    return _JUDGING + budget.hours_of_one * cell["epochs"] * galaxies / rate
