"""The optimiser, its rate at every step, and the running average of weights."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from tuningfork.training.early import EarlyStop

__all__ = ["EngineSettings", "follow", "new_optimiser", "set_rate"]


@dataclass(frozen=True)
class EngineSettings:
    """How to optimise; the same for every task."""

    epochs: int = 26
    rate: float = 1.2e-3  # AdamW's learning rate at its height
    warm_up: float = 2.0  # epochs until there; a cosine down to a hundredth follows
    weight_decay: float = 0.05  # on matrices alone
    optimiser: str = "adamw"  # or "adam": no decay and one rate all along, as the papers have it
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.99  # of the exponential average of weights, which is what comes out
    precision: str = "auto"  # "bf16", "fp32", or "auto": bf16 where the processor has it
    seed: int = 0
    accumulate: int = 1  # batches whose gradients make one step; an epoch's last ones, if fewer, are left out
    keep_every: float = 10.0  # minutes between checkpoints in mid-epoch; there is one after every epoch
    stop: EarlyStop | None = None  # before the last epoch


def new_optimiser(trained: list[nn.Parameter], settings: EngineSettings) -> torch.optim.Optimizer:
    """Adam with one rate, or AdamW with decay on matrices alone."""
    if settings.optimiser == "adam":
        return torch.optim.Adam(trained, settings.rate)
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, settings.rate, betas=(0.9, 0.98))


def set_rate(
    optimiser: torch.optim.Optimizer, settings: EngineSettings, step: int, steps_per_epoch: int
) -> float:
    """Give the optimiser the rate of a step, counted from 0 over the whole run; Adam's stays."""
    rate = settings.rate
    if settings.optimiser != "adam":
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
