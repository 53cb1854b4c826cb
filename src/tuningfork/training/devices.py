"""One process or several that train one network together, on Lightning's Fabric."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

# torch, where it is not loaded yet, warns that layers without a gradient were looked for in vain
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
import torch

from tuningfork.errors import TuningforkError, UsageError
from tuningfork.vision_ops import ensure_vision_ops

ensure_vision_ops()
from lightning.fabric import Fabric  # noqa: E402 - it imports torchvision
from lightning.fabric.strategies.ddp import DDPStrategy  # noqa: E402

__all__ = ["ACCELERATORS", "Devices", "in_first_process", "in_half", "is_of_another", "suited_precision"]

ACCELERATORS = ("auto", "cpu", "cuda", "mps")
_PATIENCE = timedelta(days=2)  # the first process may import and embed while the others wait

T = TypeVar("T")


def in_first_process() -> bool:
    """False in the processes that were started beside the first one: they say and write nothing."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return True
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0


def is_of_another(error: BaseException) -> bool:
    """Whether an error only says that another process is no longer there."""
    kind = getattr(torch.distributed, "DistError", None)
    known = kind is not None and isinstance(error, kind)
    return known or (isinstance(error, RuntimeError) and "gloo" in str(error))


class Devices:
    """The devices of one training; made once, before anything is read or written.

    With more than one device this command is started again for each of the others (or ``torchrun`` did so),
    and every process comes by here. Gradients are averaged over the processes (DDP).

    Parameters
    ----------
    count : int or str
        How many, or "auto": every GPU, and one process where there is none.
    accelerator : str
        One of `ACCELERATORS`; "auto" is a GPU where there is one.
    precision : str
        "bf16", "fp32", or "auto": bf16 where the device has it.

    Raises
    ------
    UsageError
        There are not that many devices, or none of that kind.
    """

    def __init__(self, count: int | str = 1, accelerator: str = "auto", precision: str = "auto"):
        for name in ("lightning.fabric", "lightning.pytorch", "lightning"):
            logging.getLogger(name).setLevel(logging.ERROR)  # its tips and tables of devices
        warnings.filterwarnings("ignore", module=r"lightning\.")  # advice to those who write against it
        if accelerator not in ACCELERATORS:
            raise UsageError(f"'{accelerator}' is no accelerator", remedy=f"One of {', '.join(ACCELERATORS)}")
        self._alone = False
        if accelerator == "auto" and torch.cuda.is_available():
            accelerator = "cuda"
        if count == "auto":
            count = torch.cuda.device_count() if accelerator == "cuda" else 1
        # layers that one objective uses and another does not get no gradient, which DDP must be told
        several = DDPStrategy(find_unused_parameters=True, broadcast_buffers=False, timeout=_PATIENCE)
        try:
            self.fabric = Fabric(
                accelerator=accelerator,
                devices=_number(count),
                strategy="auto" if _number(count) == 1 else several,
                precision="bf16-mixed" if in_half(precision, accelerator) else "32-true",
            )
        except (RuntimeError, ValueError) as error:  # Lightning's refusals are of these kinds
            raise UsageError(
                f"there are not {count} devices of kind '{accelerator}'",
                where="--devices",
                remedy=f"{torch.cuda.device_count()} GPUs are here; take fewer, or --accelerator cpu",
            ) from error
        self.fabric.launch()

    @property
    def rank(self) -> int:
        """Which of the processes this is; the first, 0, alone writes."""
        return self.fabric.global_rank

    @property
    def world(self) -> int:
        """How many processes there are."""
        return self.fabric.world_size

    @property
    def on_gpu(self) -> bool:
        """Whether the network lies on another device than the pictures are made on."""
        return self.fabric.device.type != "cpu"

    def first(self, work: Callable[[], T]) -> T:
        """Let the first process do something while the others wait; all get what it gave, which can be sent.

        Raises what the work raised; the other processes then end without a word.
        """
        if self.world == 1:
            return work()
        found, error = None, None
        if self.rank == 0:
            try:
                found = work()
            except BaseException as raised:
                error = raised
        if self.any([error is not None])[0]:
            raise error or SystemExit(0)
        return self.fabric.broadcast(found, 0)

    def leave(self) -> None:
        """Say before an error is raised that the other processes do not have: they shall not wait for this
        one.

        Another one than the first then says the error itself and ends with its code, at which Lightning (or
        ``torchrun``) ends all; the first one ends those that it started.
        """
        self._alone = True
        for process in getattr(self.fabric.strategy.launcher, "procs", []):
            process.kill()

    @contextmanager
    def first_speaks(self) -> Iterator[None]:
        """Whatever all processes refuse or are stopped by, the first one says alone; see `leave`."""
        try:
            yield
        except (TuningforkError, KeyboardInterrupt):
            if self.rank and not self._alone:
                raise SystemExit(0) from None
            raise

    def any(self, said: Sequence[bool]) -> list[bool]:
        """For each of some questions, whether a process answers yes; all processes must ask."""
        if self.world == 1:
            return list(said)
        votes = torch.tensor(said, dtype=torch.float32, device=self.fabric.device)
        return [vote > 0 for vote in self.fabric.all_reduce(votes, reduce_op="sum").tolist()]

    def mean(self, values: Sequence[float]) -> list[float]:
        """The means over the processes; all must ask."""
        if self.world == 1:
            return list(values)
        here = torch.tensor(list(values), dtype=torch.float64, device=self.fabric.device)
        return self.fabric.all_reduce(here, reduce_op="mean").tolist()

    def every(self, value: T) -> list[T]:
        """What each process has, in their order; all must ask."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(found, value)
        return found

    def share(self, batch: Any) -> Any:
        """This process's part of a batch: of every tensor in it as many rows as the others have.

        Raises
        ------
        UsageError
            The rows cannot be divided evenly.
        """
        if self.world == 1:
            return batch
        from lightning_utilities.core.apply_func import apply_to_collection

        return apply_to_collection(batch, torch.Tensor, self._rows)

    def _rows(self, tensor: torch.Tensor) -> torch.Tensor:
        if len(tensor) % self.world:
            raise UsageError(f"a batch of {len(tensor)} cannot be shared evenly by {self.world} devices")
        return tensor.chunk(self.world)[self.rank]


def _number(count: int | str) -> int:
    try:
        number = int(count)
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(f"'{count}' is no number of devices", where="--devices", remedy="A number, or auto")
    return number


def in_half(precision: str, accelerator: str) -> bool:
    """Whether "bf16", "fp32" or "auto" means bf16 there: "auto" where the device has it.

    Cards before Ampere (V100, T4) only emulate it, and are slower so than in fp32; torch counts them as well.
    """
    if precision != "auto":
        return precision == "bf16"
    if accelerator == "cuda":
        return torch.cuda.is_available() and torch.cuda.get_device_capability()[0] >= 8
    if accelerator == "mps":
        return False
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # since torch 2.6
    return known is not None and bool(known())


def suited_precision(network: "torch.nn.Module", precision: str) -> str:
    """The precision itself, but "fp32" for "auto" on a processor where most of the network is depth-wise.

    One core with AVX-512 trained EfficientNet-B0 at 64 px with 135 galaxies a second in fp32 and 61 in bf16,
    and ResNet18 with 105 and 173.
    """
    if precision != "auto" or torch.cuda.is_available():
        return precision
    layers = list(network.modules())
    convolutions = [layer for layer in layers if isinstance(layer, torch.nn.Conv2d)]
    depthwise = sum(1 < layer.groups == layer.in_channels for layer in convolutions)
    return "fp32" if depthwise > sum(isinstance(layer, torch.nn.Linear) for layer in layers) else "auto"
