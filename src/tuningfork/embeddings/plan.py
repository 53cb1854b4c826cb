"""How a forward pass runs here: device, precision and batch size, chosen by a short measurement."""

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuningfork.embeddings.forward import Plan, forward
from tuningfork.embeddings.workers import shared_cores
from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["PRECISIONS", "Plan", "choose_plan"]

PRECISIONS = ("auto", "fp32", "bf16")

FEW_ROWS = 256  # below this the measurement would cost as much as it saves
START_BATCH = {"cpu": 16, "cuda": 64}
LARGEST_BATCH = {"cpu": 64, "cuda": 2048}  # of a processor each core takes such a batch
MOST_FEEDERS = 8  # threads that decode for a graphics card
WORTH_DOUBLING = 1.03  # a batch twice as large must be this much faster
MEMORY_SHARE = 0.25  # of what is free now
ACTIVATIONS_PER_INPUT = (
    64  # bytes at the widest point of a network per byte of input: VGG needs 42, Swin 25, ResNet 15
)


def choose_plan(
    encoder: Any,
    rows: int,
    *,
    batch_size: int | None = None,
    precision: str = "auto",
    workers: int | None = None,
    rate: Callable[[Plan], float] | None = None,
) -> Plan:
    """Choose device, precision, batch size and threads for a job of so many stamps.

    A graphics card is used when there is one. Precision "auto" takes bfloat16 where the processor computes in
    it natively and is measured to be faster with it. The batch is doubled while that pays and fits in a
    quarter of the free memory, for 2 % of the job's time at most; a small job is not measured at all.

    Parameters
    ----------
    encoder : Encoder
        What will run; it is moved to the device.
    rows : int
        Number of stamps to embed.
    batch_size, precision, workers
        Given values are kept.
    rate : callable, optional
        Stamps per second under a plan; by default the encoder is timed on random stamps.

    Raises
    ------
    UnknownNameError
        For a precision that is not known.
    UsageError
        For a batch size or a number of workers below 1.
    """
    if precision not in PRECISIONS:
        raise UnknownNameError("precision", precision, PRECISIONS)
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"a batch holds at least 1 stamp, not {batch_size}")
    device = _device()
    encoder.to(device)
    offered = _precisions(precision, device)
    workers = _workers(device, workers)
    limit = min(LARGEST_BATCH[device], _fits_in_memory(encoder.spec, device, workers))
    size = batch_size or _first_batch(device, rows, workers, limit)
    first = Plan(device, offered[0], size, workers)
    if rows < FEW_ROWS or (batch_size and len(offered) == 1):
        return first
    trials = _Trials(rate or _stopwatch(encoder), rows)
    best = trials.best(replace(first, precision=p) for p in offered)
    return best if batch_size else trials.grow(best, limit)


def _workers(device: str, asked: int | None) -> int:
    import torch

    if asked is not None and asked < 1:
        raise UsageError(f"at least 1 worker is needed, not {asked}")
    cores = torch.get_num_threads()
    return asked or (cores if device == "cpu" else min(MOST_FEEDERS, cores))


def _first_batch(device: str, rows: int, workers: int, limit: int) -> int:
    """A usual batch, or a smaller one that gives every worker of a small job its share."""
    share = -(-rows // workers) if device == "cpu" else rows
    return max(1, min(START_BATCH[device], limit, share))


class _Trials:
    """Rates of the plans tried so far, and the time that may still be spent on trying."""

    def __init__(self, rate: Callable[[Plan], float], rows: int):
        self._rate, self._rows = rate, rows
        self._rates: dict[Plan, float] = {}
        self._began = time.monotonic()

    def best(self, plans: Iterable[Plan]) -> Plan:
        return max(plans, key=self._measured)

    def grow(self, plan: Plan, limit: int) -> Plan:
        while plan.batch_size * 2 <= limit and self._may_go_on(plan):
            larger = replace(plan, batch_size=plan.batch_size * 2)
            if self._measured(larger) < WORTH_DOUBLING * self._measured(plan):
                break
            plan = larger
        return plan

    def _measured(self, plan: Plan) -> float:
        if plan not in self._rates:
            self._rates[plan] = self._rate(plan)
        return self._rates[plan]

    def _may_go_on(self, plan: Plan) -> bool:
        job = self._rows / self._measured(plan)
        return time.monotonic() - self._began < 0.02 * job


def _stopwatch(encoder: Any) -> Callable[[Plan], float]:
    """Times the encoder on random stamps as one worker runs it: warm up once, take the better of two."""
    import torch

    spec = encoder.spec
    generator = torch.Generator().manual_seed(0)

    def rate(plan: Plan) -> float:
        x = torch.rand(plan.batch_size, spec.bands, spec.size, spec.size, generator=generator)
        with shared_cores(plan.workers if plan.device == "cpu" else 1) as threads:
            torch.set_num_threads(threads)
            forward(encoder, x, plan)
            best = min(_seconds(lambda: forward(encoder, x, plan)) for _ in range(2))
        return plan.batch_size / best

    return rate


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _precisions(precision: str, device: str) -> tuple[str, ...]:
    if precision != "auto":
        return (precision,)
    return ("bf16", "fp32") if _native_bfloat16(device) else ("fp32",)


def _native_bfloat16(device: str) -> bool:
    """Whether matrix products in bfloat16 run in hardware (emulated ones are slower than float32)."""
    import torch

    if device == "cuda":
        return torch.cuda.get_device_capability()[0] >= 8
    if platform.machine().lower() in ("arm64", "aarch64"):
        return _cpu_flags() >= {"bf16"}
    return bool(_cpu_flags() & {"avx512_bf16", "amx_bf16"})


def _cpu_flags() -> set[str]:
    """Instruction sets named by Linux; empty elsewhere, where float32 is then used."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    named = (line for line in lines if line.lower().startswith(("flags", "features")))
    return set(next(named, ":").partition(":")[2].split())


def _fits_in_memory(spec: Any, device: str, workers: int) -> int:
    at_once = workers if device == "cpu" else 1
    per_stamp = ACTIVATIONS_PER_INPUT * 4 * spec.bands * spec.size**2
    return max(1, int(MEMORY_SHARE * _free_memory(device) / (at_once * per_stamp)))


def _free_memory(device: str) -> int:
    """Free bytes of the device that computes."""
    if device == "cuda":
        import torch

        return torch.cuda.mem_get_info()[0]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2 * 1024**3
