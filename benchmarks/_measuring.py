"""What the benchmarks share: pictures to measure on, turns of several jobs, the machine, how it is told."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["load", "machine", "median_rates", "pieces", "tell"]


def pieces(folder: Path, count: int, side: int, *, turned: bool = False) -> Path:
    """JPEG files of random squares of the Hubble Deep Field, in a new folder.

    ``turned`` turns and mirrors each at random, so that squares that overlap are not alike.
    """
    import cv2
    from skimage.data import hubble_deep_field

    folder.mkdir()
    field, chance = hubble_deep_field()[..., ::-1], np.random.default_rng(0)
    for number in range(count):
        y, x = chance.integers(0, [field.shape[0] - side, field.shape[1] - side])
        piece = field[y : y + side, x : x + side]
        if turned:
            piece = np.rot90(piece, chance.integers(4))[:, :: chance.choice([-1, 1])]
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), piece)
    return folder


def median_rates(jobs: Mapping[str, tuple[int, Callable[[], Any]]], rounds: int) -> dict[str, float]:
    """Galaxies a second of each job, the median of rounds in which they take turns.

    Parameters
    ----------
    jobs : mapping
        Name -> how many galaxies it does, and the job. A busy moment meets all of them.
    rounds : int
    """
    rates: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, (count, job) in jobs.items():
            began = time.perf_counter()
            job()
            rates[name].append(count / (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in rates.items()}


def load() -> float | None:
    """Processes that waited for a core in the last minute, None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def machine() -> dict[str, Any]:
    """What a number is worth: the machine, and how busy it is."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "load": load(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
    }


def tell(report: Mapping[str, Any], *, as_json: bool, width: int = 14) -> None:
    """Print a flat report, as one JSON document or a line a number."""
    if as_json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:{width}} {value}")
