"""Train to the last epoch, from wherever the run's folder stands."""

import copy
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import numpy as np
import torch
from torch import nn

from tuningfork.errors import UsageError
from tuningfork.progress import Advance, progress
from tuningfork.training.compiling import compile_network
from tuningfork.training.devices import Devices
from tuningfork.training.ending import reason_of
from tuningfork.training.feeding import Feed, NumberedBatches
from tuningfork.training.logs import Logs
from tuningfork.training.loop import Learner, Step
from tuningfork.training.optimising import EngineSettings
from tuningfork.training.run_folder import RunFolder
from tuningfork.training.stopping import Wish, heard

__all__ = ["EngineSettings", "fit"]


def fit(  # noqa: PLR0913 - the first six say what is trained, the keywords how it is watched
    network: nn.Module,
    step: Step,
    batches: Callable[[int], NumberedBatches | Iterable[Any]],
    steps_per_epoch: int,
    settings: EngineSettings,
    run: RunFolder,
    *,
    beside: nn.Module | None = None,
    quiet: bool = False,
    devices: Devices | None = None,
    show: Callable[[nn.Module], np.ndarray] | None = None,
    judge: Callable[[nn.Module], dict[str, float]] | None = None,
    compiled: Callable[[str], None] | None = None,
) -> nn.Module:
    """Train until the last epoch, from where the run's folder stands.

    A run that was killed and is begun again ends with the same weights as one that was not: bit for bit in
    fp32 with one thread. It goes on from the last checkpoint, in mid-epoch too.

    Parameters
    ----------
    network : nn.Module
        Trained in place.
    step : callable
        ``step(network, batch)`` gives the loss, a mean over the batch, and its parts by name.
    batches : callable
        ``batches(epoch)`` gives that epoch's batches, always the same for the same epoch: an iterable, or
        `NumberedBatches`, which several threads make and of which each process makes only its share.
    steps_per_epoch : int
        Batches in an epoch.
    settings : EngineSettings
    run : RunFolder
        Gets a line of metrics, a picture and a checkpoint at the end of every epoch, and checkpoints between.
    beside : nn.Module, optional
        Layers that are trained along and belong to the objective.
    devices : Devices, optional
        By default one: a GPU where there is one. With several every process calls this.
    show : callable, optional
        ``show(averaged)`` gives a picture, uint8 ``[H, W, 3]``, that is kept after every epoch.
    judge : callable, optional
        ``judge(averaged)`` gives numbers that are added to every epoch's line, as `EarlyStop` may want.
    compiled : callable, optional
        When given torch compiles the network; gets a line where there is no compiler, and it goes on without.

    Returns
    -------
    nn.Module
        A copy of the network with the averaged weights, in evaluation mode.

    Raises
    ------
    TuningforkError
        The loss or its gradient is no longer a number, or a checkpoint cannot be written. The state before is
        kept. Or memory ran out.
    DataError
        The checkpoint to go on from is damaged or of another network.
    KeyboardInterrupt
        Ctrl-C or SIGTERM, after the state was kept.
    """
    devices = devices or Devices(precision=settings.precision)
    per_epoch = steps_per_epoch // settings.accumulate * settings.accumulate
    if per_epoch < 1:
        raise UsageError(
            f"an epoch has {steps_per_epoch} batches, fewer than the {settings.accumulate} of a step"
        )
    learner = Learner(network, copy.deepcopy(network), beside, step, settings, per_epoch, devices)
    learner.averaged.requires_grad_(False)
    if run.checkpoint.exists():
        learner.go_on_from(run)
    if compiled is not None:
        compile_network(network, devices.fabric.device, compiled if devices.rank == 0 else lambda line: None)
    logs = Logs(run, learner.steps) if devices.rank == 0 else None
    total = settings.epochs * per_epoch
    hushed = quiet or devices.rank > 0
    try:
        with (
            heard() as wish,
            progress("training", total - learner.batches, unit="batches", quiet=hushed) as advance,
        ):
            watch = _Watch(run, logs, wish, advance, show=show, judge=judge)
            if not watch.is_over(learner):
                _run(learner, Feed(batches, per_epoch, devices), total, watch)
    except BaseException as error:
        reason = reason_of(error, devices, run, learner.batches)
        if reason is error:
            raise
        raise reason from error
    finally:
        if logs is not None:
            logs.close()
    network.cpu()
    if beside is not None:
        beside.cpu()
    return learner.averaged.cpu()


class _Watch:
    """What happens beside the learning: logs, pictures, checkpoints, the wish to stop."""

    def __init__(
        self,
        run: RunFolder,
        logs: Logs | None,
        wish: Wish,
        advance: Advance,
        *,
        show: Callable[[nn.Module], np.ndarray] | None,
        judge: Callable[[nn.Module], dict[str, float]] | None,
    ):
        self.run, self.logs, self.wish, self.advance = run, logs, wish, advance
        self.show, self.judge = show, judge
        self.kept = time.monotonic()

    def after_step(self, learner: Learner) -> None:
        """In mid-epoch: keep the state where it is time, and stop where somebody wishes."""
        if self.logs is not None:
            self.logs.step(learner.steps, learner.loss)
        due = time.monotonic() - self.kept >= 60 * learner.settings.keep_every
        stop, due = learner.devices.any([self.wish.said, due])
        if stop or due:
            self.keep(learner)
        if stop:
            raise KeyboardInterrupt

    def after_epoch(self, learner: Learner) -> None:
        """A line, a picture, a checkpoint."""
        means, epoch = learner.means(), learner.batches // learner.per_epoch
        learner.sums = {}
        learner.devices.first(lambda: self._tell(learner, epoch, means))
        self.keep(learner)

    def is_over(self, learner: Learner) -> bool:
        """Whether the run ends early, here between two epochs; its lines say so, also to one that goes on."""
        stop, (epoch, within) = learner.settings.stop, divmod(learner.batches, learner.per_epoch)
        if stop is None or not epoch or within:
            return False
        return learner.devices.first(lambda: stop.ends(self.run.column(stop.column)[:epoch]))

    def keep(self, learner: Learner) -> None:
        learner.keep(self.run)
        self.kept = time.monotonic()

    def _tell(self, learner: Learner, epoch: int, means: dict[str, float]) -> None:
        assert self.logs is not None
        if self.judge is not None:
            means = {**means, **self.judge(learner.averaged)}
        self.logs.epoch(epoch, learner.steps, means)
        if self.show is not None:
            with torch.no_grad(), learner.devices.fabric.autocast():
                picture = self.show(learner.averaged)
            self.logs.picture(epoch, learner.steps, picture)


def _run(learner: Learner, feed: Feed, total: int, watch: _Watch) -> None:
    with closing(feed.walk(learner.batches, total)) as batches:  # its threads end with an error, too
        for batch in batches:
            ended = learner.learn(batch, feed)
            watch.advance(1)
            if learner.batches % learner.per_epoch == 0:
                watch.after_epoch(learner)
            if ended:
                watch.after_step(learner)
            if watch.is_over(learner):
                break
