"""Batches made ahead of the network in threads, in order, from any place of any epoch."""

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch

from tuningfork.training.devices import Devices

__all__ = ["Feed", "NumberedBatches"]

_END = object()


@runtime_checkable
class NumberedBatches(Protocol):
    """An epoch whose batches can be made in any order, by several threads, each alone.

    A run that goes on in mid-epoch then makes nothing that it does not need.
    """

    def batch(self, number: int, part: int, parts: int) -> Any:
        """The rows of batch ``number`` that process ``part`` of ``parts`` learns from; the same each time."""
        ...

    def ids(self, number: int) -> Sequence[str]:
        """Ids of the galaxies of batch ``number``."""
        ...


class Feed:
    """The batches from one place of a run to its end, on the device, and the time that was waited for them.

    Parameters
    ----------
    epochs : callable
        ``epochs(epoch)`` gives that epoch's batches: `NumberedBatches`, of which several are made at once, or
        an iterable, of which one is made ahead.
    per_epoch : int
    devices : Devices
    threads : int, optional
        By default one, or on a GPU half the processors, at most 8.

    Attributes
    ----------
    waited : float
        Seconds, since it was set to zero.
    """

    def __init__(
        self,
        epochs: Callable[[int], NumberedBatches | Iterable[Any]],
        per_epoch: int,
        devices: Devices,
        threads: int | None = None,
    ):
        self.epochs, self.per_epoch, self.devices = epochs, per_epoch, devices
        processors = (os.cpu_count() or 2) // devices.world
        self.threads = threads or (min(8, max(1, processors // 2)) if devices.on_gpu else 1)
        self.waited = 0.0
        self._open: tuple[int, NumberedBatches | Iterable[Any]] | None = None

    def walk(self, done: int, total: int) -> Generator[Any]:
        """Batches number ``done`` to ``total`` of the whole run."""
        if done >= total:
            return
        in_turn = not isinstance(self._epoch(done // self.per_epoch), NumberedBatches)
        threads = 1 if in_turn else self.threads
        with ThreadPoolExecutor(threads, "views", partial(self._begin, threads)) as pool:
            waiting: deque = deque()
            try:
                for job in self._jobs(done, total):
                    waiting.append(pool.submit(job))
                    if len(waiting) > threads:
                        yield self._arrived(waiting.popleft())
                while waiting:
                    yield self._arrived(waiting.popleft())
            finally:
                for future in waiting:
                    future.cancel()

    def ids(self, done: int) -> list[str]:
        """Ids of the galaxies of a batch of the whole run, where the batches know them."""
        epoch, number = divmod(done, self.per_epoch)
        found = self._epoch(epoch)
        return list(found.ids(number)) if isinstance(found, NumberedBatches) else []

    def _begin(self, threads: int) -> None:
        """At the birth of a feeding thread."""
        if self.devices.on_gpu and threads > 1:  # what torch does there shall not start threads of its own
            torch.set_num_threads(1)
        if self.devices.fabric.device.type == "cuda":  # else every process would take memory of the first GPU
            torch.cuda.set_device(self.devices.fabric.device)

    def _epoch(self, epoch: int) -> NumberedBatches | Iterable[Any]:
        if self._open is None or self._open[0] != epoch:
            self._open = (epoch, self.epochs(epoch))
        return self._open[1]

    def _arrived(self, future: Any) -> Any:
        began = time.perf_counter()
        batch = self.devices.fabric.to_device(future.result())
        self.waited += time.perf_counter() - began
        return batch

    def _jobs(self, done: int, total: int) -> Iterator[Callable[[], Any]]:
        while done < total:
            epoch, number = divmod(done, self.per_epoch)
            end = min(self.per_epoch, number + total - done)
            found = self._epoch(epoch)
            if isinstance(found, NumberedBatches):
                yield from (partial(self._numbered, found, n) for n in range(number, end))
            else:
                source = iter(found)
                yield partial(self._following, source, number)
                yield from (partial(self._following, source) for _ in range(number + 1, end))
            done += end - number

    def _numbered(self, epoch: NumberedBatches, number: int) -> Any:
        return self._ready(epoch.batch(number, self.devices.rank, self.devices.world))

    def _following(self, source: Iterator[Any], drop: int = 0) -> Any:
        """An iterable knows no numbers: what was learnt from already is made again and dropped."""
        for _ in range(drop):
            next(source, None)
        batch = next(source, _END)
        if batch is _END:
            raise ValueError(f"an epoch has fewer than the {self.per_epoch} batches that were announced")
        return self._ready(self.devices.share(batch))

    def _ready(self, batch: Any) -> Any:
        """In memory that a GPU reads without the processor's help."""
        if self.devices.fabric.device.type != "cuda":
            return batch
        from lightning_utilities.core.apply_func import apply_to_collection

        return apply_to_collection(batch, torch.Tensor, torch.Tensor.pin_memory)
