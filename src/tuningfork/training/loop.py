"""The steps themselves: forwards, backwards, and what is looked at after each."""

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from tuningfork.errors import DataError
from tuningfork.training.devices import Devices
from tuningfork.training.feeding import Feed
from tuningfork.training.keeping import read_state, write_state
from tuningfork.training.lost import LossError
from tuningfork.training.optimising import EngineSettings, follow, new_optimiser, set_rate
from tuningfork.training.run_folder import RunFolder

__all__ = ["Learner", "Step"]

Step = Callable[[nn.Module, Any], tuple[torch.Tensor, dict[str, float]]]


class _Whole(nn.Module):
    """Network and objective as one module, so that several processes share the gradients of both."""

    def __init__(self, network: nn.Module, beside: nn.Module | None, step: Step):
        super().__init__()
        self.network, self.beside = network, beside
        self._step = (step,)  # in a tuple: an objective is no second time a part of this module

    def forward(self, batch: Any) -> tuple[torch.Tensor, dict[str, float]]:
        return self._step[0](self.network, batch)


class Learner:
    """A network, its average and its optimiser on the devices, and how far they are.

    Attributes
    ----------
    batches : int
        Learnt from so far, over all epochs: the one number that says where a run is.
    loss : float
        Of the last batch.
    sums : dict
        Of the epoch so far: of the loss and its parts, of batches, pictures, seconds, seconds waited.
    """

    def __init__(
        self,
        network: nn.Module,
        averaged: nn.Module,
        beside: nn.Module | None,
        step: Step,
        settings: EngineSettings,
        per_epoch: int,
        devices: Devices,
    ):
        self.settings, self.per_epoch, self.devices = settings, per_epoch, devices
        self.network, self.beside = network, beside
        whole = _Whole(network, beside, step).train()
        if devices.world > 1 and devices.on_gpu:  # there is none on processors: each goes by its own share
            whole = nn.SyncBatchNorm.convert_sync_batchnorm(whole)
        self.averaged = averaged.to(devices.fabric.device).eval()
        self.whole = devices.fabric.setup_module(whole)
        self._plain = new_optimiser([p for p in whole.parameters() if p.requires_grad], settings)
        self.optimiser = devices.fabric.setup_optimizers(self._plain)
        self.batches, self.sums, self.loss = 0, {}, math.nan

    @property
    def steps(self) -> int:
        """Of the optimiser, so far."""
        return self.batches // self.settings.accumulate

    def learn(self, batch: Any, feed: Feed) -> bool:
        """Learn from one batch; true when that ended a step of the optimiser.

        Chances inside the network and the objective are fixed by the seed and the batch's number, so that a
        run that goes on repeats them.

        Raises
        ------
        LossError
            The loss or its gradient is no longer a number; no weight was changed by it.
        """
        began, often = time.perf_counter(), self.settings.accumulate
        ends = (self.batches + 1) % often == 0
        torch.manual_seed(self._seed())
        with self.devices.fabric.no_backward_sync(self.whole, enabled=not ends):
            loss, parts = self.whole(batch)
            parts = {"loss": loss.item(), **parts}
            if self.devices.any([not math.isfinite(parts["loss"])])[0]:
                raise self._lost("the loss", parts, feed)
            self.devices.fabric.backward(loss / often)
        if ends:
            norm = self.devices.fabric.clip_gradients(
                self.whole, self.optimiser, max_norm=self.settings.clip, error_if_nonfinite=False
            )
            if norm is not None and not torch.isfinite(norm):
                raise self._lost("the gradient", parts, feed)
            set_rate(self._plain, self.settings, self.steps, self.per_epoch // often)
            self.optimiser.step()
            self.optimiser.zero_grad()
        self.batches += 1
        if ends:
            follow(self.averaged, self.network, self.settings.average, self.steps)
        self.loss = parts["loss"]
        self._count(parts, batch, time.perf_counter() - began, feed)
        return ends

    def means(self) -> dict[str, float]:
        """Of the epoch so far: the loss and its parts, the share of time spent waiting, pictures a second."""
        sums = dict(zip(self.sums, self.devices.mean(list(self.sums.values())), strict=True))
        count, rows, seconds, waited = (sums.pop(n) for n in ("batches", "rows", "seconds", "waited"))
        whole = max(seconds + waited, 1e-9)
        speed = {"waiting": waited / whole, "images_per_second": rows * self.devices.world / whole}
        return {**{name: total / count for name, total in sums.items()}, **speed}

    def keep(self, run: RunFolder) -> None:
        """Write the checkpoint; the first process does, and the others wait."""
        self.devices.first(lambda: write_state(run.checkpoint, self._state()))

    def go_on_from(self, run: RunFolder) -> None:
        """Take the state from the run's checkpoint.

        Raises
        ------
        DataError
            It is damaged, or of another network.
        """
        state = read_state(run.checkpoint)
        try:
            self.network.load_state_dict(state["network"])
            self.averaged.load_state_dict(state["averaged"])
            if self.beside is not None:
                self.beside.load_state_dict(state["beside"])
            self._plain.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"this checkpoint is of another network or objective: {error}", where=str(run.checkpoint)
            ) from error
        self.batches, self.sums = int(state["batches"]), dict(state["sums"])

    def _state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "beside": self.beside.state_dict() if self.beside is not None else {},
            "averaged": self.averaged.state_dict(),
            "optimiser": self._plain.state_dict(),
            "batches": self.batches,
            "sums": self.sums,
        }

    def _seed(self) -> int:
        epoch, number = divmod(self.batches, self.per_epoch)
        seed = ((self.settings.seed * 1_000_003 + epoch) * 1_000_003 + number) * 1_009 + self.devices.rank
        return seed % (1 << 63)

    def _count(self, parts: dict[str, float], batch: Any, seconds: float, feed: Feed) -> None:
        new = {**parts, "batches": 1, "rows": _rows(batch), "seconds": seconds, "waited": feed.waited}
        feed.waited = 0.0
        self.sums = {name: self.sums.get(name, 0.0) + value for name, value in new.items()}

    def _lost(self, what: str, parts: dict[str, float], feed: Feed) -> LossError:
        """Why the run stops; the ids of every galaxy that had a part in it are in the run's folder."""
        epoch, number = divmod(self.batches, self.per_epoch)
        first = self.batches // self.settings.accumulate * self.settings.accumulate
        ids = [name for done in range(first, self.batches + 1) for name in feed.ids(done)]
        said = ", ".join(f"{name} {value:.4g}" for name, value in parts.items())
        return LossError(
            f"{what} is no longer a number in epoch {epoch + 1}, batch {number + 1} ({said})", ids
        )


def _rows(batch: Any) -> int:
    while not isinstance(batch, torch.Tensor):
        batch = next(iter(batch.values())) if isinstance(batch, dict) else batch[0]
    return len(batch)
