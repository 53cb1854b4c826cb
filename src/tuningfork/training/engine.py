"""The loop, on Lightning: schedule, averaged weights, a checkpoint an epoch, and going on from it."""

import copy
import logging
import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tuningfork.progress import progress
from tuningfork.training.run_folder import RunFolder
from tuningfork.vision_ops import ensure_vision_ops

ensure_vision_ops()
import lightning  # noqa: E402 - it imports torchvision

__all__ = ["EngineSettings", "fit"]


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


def fit(
    network: nn.Module,
    step: Callable[[nn.Module, Any], tuple[torch.Tensor, dict[str, float]]],
    batches: Callable[[int], Iterable[Any]],
    steps_per_epoch: int,
    settings: EngineSettings,
    run: RunFolder,
    *,
    beside: nn.Module | None = None,
    quiet: bool = False,
) -> nn.Module:
    """Train until the last epoch, from where the run's folder stands.

    Parameters
    ----------
    network : nn.Module
        Trained in place.
    step : callable
        ``step(network, batch)`` gives the loss and its parts by name.
    batches : callable
        ``batches(epoch)`` gives that epoch's batches, always the same for the same epoch.
    steps_per_epoch : int
    settings : EngineSettings
    run : RunFolder
        Gets a line of metrics and a checkpoint at the end of every epoch.
    beside : nn.Module, optional
        Layers that are trained along and belong to the objective.

    Returns
    -------
    nn.Module
        A copy of the network with the averaged weights.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # its tips and tables of devices
    module = _Loop(network, step, settings, steps_per_epoch, beside)
    with (
        warnings.catch_warnings(),
        progress("training", settings.epochs * steps_per_epoch, unit="steps", quiet=quiet) as advance,
    ):
        warnings.simplefilter("ignore")  # Lightning's advice on loaders and loggers we do not use
        trainer = lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="auto",
            devices=1,
            precision="bf16-mixed" if _half(settings.precision) else "32-true",
            gradient_clip_val=settings.clip,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[_Keeper(run, advance)],
        )
        data = _Epochs(batches, steps_per_epoch, trainer, settings.seed)
        last = str(run.checkpoint) if run.checkpoint.exists() else None
        trainer.fit(module, train_dataloaders=data, ckpt_path=last)
    return module.averaged


class _Loop(lightning.LightningModule):
    def __init__(
        self, network, step, settings: EngineSettings, steps_per_epoch: int, beside: nn.Module | None
    ):
        super().__init__()
        self.network, self.beside, self.averaged = network, beside, copy.deepcopy(network)
        self.averaged.requires_grad_(False)
        self.step, self.settings, self.steps_per_epoch = step, settings, steps_per_epoch
        self.parts: list[dict[str, float]] = []

    def training_step(self, batch, index):
        loss, parts = self.step(self.network, batch)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is no longer a number (its parts: {parts})")
        self.parts.append({"loss": loss.item(), **parts})
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx) -> None:
        done = self.global_step
        keep = min(self.settings.average, done / (done + 9))  # short memory while everything still moves
        with torch.no_grad():
            for mean, now in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
            for mean, now in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
                mean.lerp_(now, 1 - keep) if mean.is_floating_point() else mean.copy_(now)

    def configure_optimizers(self):
        trained = [p for p in self.parameters() if p.requires_grad]
        if self.settings.optimiser == "adam":
            return torch.optim.Adam(trained, self.settings.rate)
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": self.settings.weight_decay},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, self.settings.rate, betas=(0.9, 0.98))
        total = self.settings.epochs * self.steps_per_epoch
        warm = max(1.0, self.settings.warm_up * self.steps_per_epoch)

        def factor(step: int) -> float:
            return min(1.0, (step + 1) / warm) * (
                0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(step / total, 1)))
            )

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _Keeper(lightning.Callback):
    """After every epoch: a line of metrics, then the checkpoint, written beside and renamed."""

    def __init__(self, run: RunFolder, advance: Callable[[int], None]):
        self.run, self.advance = run, advance

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        self.advance(1)

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        parts, pl_module.parts = pl_module.parts, []
        means = {name: sum(p[name] for p in parts) / len(parts) for name in parts[0]}
        beside = self.run.checkpoint.with_suffix(".part")
        trainer.save_checkpoint(beside)
        beside.replace(self.run.checkpoint)
        self.run.log({"epoch": trainer.global_step // len(parts), **means})


class _Epochs:
    """An iterable of a known length that asks for the current epoch's batches each time it is begun.

    Chances inside the network (stochastic depth) are fixed by seed and epoch too: a resumed run repeats them.
    """

    def __init__(
        self, batches: Callable[[int], Iterable[Any]], length: int, trainer: lightning.Trainer, seed: int
    ):
        self.batches, self.length, self.trainer, self.seed = batches, length, trainer, seed

    def __len__(self) -> int:
        return self.length

    def __iter__(self):
        epoch = self.trainer.global_step // self.length  # counts on over a resume
        torch.manual_seed(self.seed * 1_000_003 + epoch)
        return iter(self.batches(epoch))


def _half(precision: str) -> bool:
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported())
