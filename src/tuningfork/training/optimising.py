"""The optimiser, its rate at every step, and the running average of weights."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from tuningfork.errors import UnknownNameError
from tuningfork.training.early import EarlyStop

__all__ = ["OPTIMISERS", "SCHEDULES", "EngineSettings", "follow", "new_optimiser", "set_rate"]

OPTIMISERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True)
class EngineSettings:
    """How to optimise; the same for every task."""

    epochs: int = 26
    rate: float = 1.2e-3  # AdamW's learning rate at its height
    warm_up: float = 2.0  # epochs until there; a cosine down to a hundredth follows
    weight_decay: float = 0.05  # on matrices alone
    optimiser: str = "adamw"  # or "adam", without decay, or "sgd", momentum 0.9 and decay on everything
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.99  # of the exponential average of weights, which is what comes out
    precision: str = "auto"  # "bf16", "fp32", or "auto": bf16 where the processor has it
    seed: int = 0
    accumulate: int = 1  # batches whose gradients make one step; an epoch's last ones, if fewer, are left out
    keep_every: float = 10.0  # minutes between checkpoints in mid-epoch; there is one after every epoch
    stop: EarlyStop | None = None  # before the last epoch
    schedule: str | None = None  # "cosine" or "constant"; None is constant with Adam and a cosine otherwise

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS:
            raise UnknownNameError("optimiser", self.optimiser, OPTIMISERS)
        if self.schedule not in (None, *SCHEDULES):
            raise UnknownNameError("schedule", str(self.schedule), SCHEDULES)


def new_optimiser(trained: list[nn.Parameter], settings: EngineSettings) -> torch.optim.Optimizer:
    """Adam, SGD with momentum, or AdamW with decay on matrices alone.

    Each goes through all weights once a step where the device can: on a processor, walking them
    operation by operation costs as much as a quarter of a small network's step, and half of AlexNet's.
    """
    fused = all(p.device.type in ("cpu", "cuda") for p in trained)
    if settings.optimiser == "adam":
        return torch.optim.Adam(trained, settings.rate, fused=fused)
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            trained, settings.rate, momentum=0.9, weight_decay=settings.weight_decay, fused=fused
        )
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, settings.rate, betas=(0.9, 0.98), fused=fused)


def set_rate(
    optimiser: torch.optim.Optimizer, settings: EngineSettings, step: int, steps_per_epoch: int
) -> float:
    """Give the optimiser the rate of a step, counted from 0 over the whole run; a constant one stays."""
    rate = settings.rate
    schedule = settings.schedule or ("constant" if settings.optimiser == "adam" else "cosine")
    if schedule == "cosine":
        warm = max(1.0, settings.warm_up * steps_per_epoch)
        gone = min(step / (settings.epochs * steps_per_epoch), 1)
        rate *= min(1.0, (step + 1) / warm) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * gone)))
    for group in optimiser.param_groups:
        group["lr"] = rate
    return rate


@torch.no_grad()
def follow(averaged: nn.Module, network: nn.Module, average: float, steps: int) -> None:
    """Move the average towards the network after its step number ``steps``."""
    keep = min(average, steps / (steps + 9))  # short memory while everything still moves
    for mean, now in zip(averaged.parameters(), network.parameters(), strict=True):
        mean.lerp_(now, 1 - keep)
    for mean, now in zip(averaged.buffers(), network.buffers(), strict=True):
        mean.lerp_(now, 1 - keep) if mean.is_floating_point() else mean.copy_(now)
