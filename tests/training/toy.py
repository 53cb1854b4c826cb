"""A small network and its batches, for tests of the engine; also run as a program by tests that kill it."""

import os
import signal
import sys
from pathlib import Path

import torch
from torch import nn

from tuningfork.errors import DataError, TuningforkError
from tuningfork.objectives.contrastive import nt_xent
from tuningfork.training import Devices, EngineSettings, RunFolder, fit

__all__ = ["PER_EPOCH", "Batches", "compared", "last_state", "network", "noisy", "step", "train"]

PER_EPOCH = 4


class Batches:
    """Numbered batches of 8 rows; ``trouble(epoch, number)`` is called before each is made."""

    def __init__(self, epoch, rows=8, trouble=None):
        self.epoch, self.rows, self.trouble = epoch, rows, trouble

    def batch(self, number, part, parts):
        if self.trouble:
            self.trouble(self.epoch, number)
        first = self.epoch * PER_EPOCH * 8 + number * self.rows
        whole = torch.stack([_row(first + n) for n in range(self.rows)])
        return (whole.chunk(parts)[part],)

    def ids(self, number):
        return [f"galaxy{self.epoch}-{number}-{n}" for n in range(self.rows)]


def _row(number):
    return torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(number))


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.GELU(), nn.Dropout(0.0), nn.Conv2d(8, 3, 3, padding=1)
    )


def step(net, batch):
    """Paint the mean of the bands: nothing is left to chance."""
    loss = (net(batch[0]) - batch[0].mean(1, keepdim=True)).square().mean()
    return loss, {"painted": loss.item()}


def train(out, *, rows=8, per_epoch=PER_EPOCH, epochs=2, trouble=None, how=step, devices=None, **settings):
    """Train the small network; what `fit` gives."""
    given = EngineSettings(epochs=epochs, rate=1e-2, warm_up=0.5, precision="fp32", **settings)
    return fit(
        network(),
        how,
        lambda epoch: Batches(epoch, rows, trouble),
        per_epoch,
        given,
        RunFolder(out, {}),
        quiet=True,
        devices=devices or Devices(1, "cpu", "fp32"),
    )


def last_state(out):
    return torch.load(Path(out) / "checkpoints" / "last.ckpt", weights_only=True)


def noisy(net, batch):
    """As `step`, with a chance in it."""
    torch.nn.functional.dropout(batch[0], 0.5)
    return step(net, (batch[0] + 0.1 * torch.randn_like(batch[0]),))


def compared(net, batch):
    """As `step`, with a loss that compares each row with all others."""
    loss, parts = step(net, batch)
    one, other = (net(view).mean((2, 3)) for view in (batch[0], batch[0].square()))
    return loss + 0.1 * nt_xent(0.5)(one, other), parts


def _alone(rank):
    """A galaxy that one process alone cannot read."""

    def trouble(epoch, number):
        if number == 2 and shared.rank == rank:
            raise DataError(f"rank {rank} cannot read a stamp")

    return trouble


def _killed(epoch, number):
    if (epoch, number) == (1, 3):  # made ahead, while batch 2 is learnt from
        os.kill(os.getpid(), signal.SIGKILL)


def said_in_one_line(work):
    """As the command line says it."""
    try:
        work()
    except TuningforkError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    what, out = sys.argv[1:]
    if what == "killed":
        train(out, how=noisy, trouble=_killed, keep_every=0.0)
    elif what.startswith("alone"):
        shared = Devices(2, "cpu", "fp32")

        def lonely():
            with shared.first_speaks():
                train(out, how=compared, accumulate=2, devices=shared, trouble=_alone(int(what[-1])))

        sys.exit(said_in_one_line(lonely))
    else:
        shared = Devices(int(what), "cpu", "fp32")
        ranks = "+".join(map(str, shared.every(shared.rank)))
        sys.stdout.write(f"{shared.rank}/{shared.world}:{ranks}\n")
        train(out, how=compared, accumulate=2, devices=shared)
