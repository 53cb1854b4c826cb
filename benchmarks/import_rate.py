"""How fast galaxies are imported, beside the bare decoding and resizing of the same files.

Both sides use the same files (read once before, so that they are in memory), OpenCV's decoder and the same
number of threads, in turn within one run; medians of five. The import reads, checks, decodes and stores every
original byte in durable commits; the bare side reads, decodes and resizes, and keeps nothing. The aim is a
ratio of at least 0.8.

    python benchmarks/import_rate.py [FOLDER] [--count 4000] [--workers 2] [--rounds 5]

Without a folder, parts of the Hubble Deep Field that comes with scikit-image are used.
"""

import argparse
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from _measuring import machine, pieces

from tuningfork.collection import create_collection

SIDE = 128


def bare(files: list[Path], workers: int) -> tuple[float, float]:
    """Seconds on the clock and of the processors to read, decode and resize all files."""

    def one(file: Path) -> int:
        pixels = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).shape[0]

    began, work = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(workers) as pool:
        sum(pool.map(one, files))
    return time.perf_counter() - began, time.process_time() - work


def imported(folder: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds on the clock and of the processors to import the folder into a new collection."""
    began, work = time.perf_counter(), time.process_time()
    report = create_collection(folder, out, workers=workers, quiet=True)
    spent = time.perf_counter() - began, time.process_time() - work
    assert not report.rejected
    shutil.rmtree(out)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        folder = chosen.folder or pieces(Path(scratch) / "parts", min(chosen.count, 2000), 264)
        originals = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
        files = [Path(shutil.copy(p, source)) for p in originals[: chosen.count]]
        shape = cv2.imread(str(files[0])).shape
        imported(source, Path(scratch) / "warm", chosen.workers)
        pairs = [
            (bare(files, chosen.workers), imported(source, Path(scratch) / f"out{k}", chosen.workers))
            for k in range(chosen.rounds)
        ]
    report(len(files), shape, chosen.workers, np.array(pairs))


def report(count: int, shape: tuple[int, ...], workers: int, spent: np.ndarray) -> None:
    """Print medians; ``spent`` is ``[round, side, clock or processors]`` in seconds."""
    medians = np.median(spent, axis=0)
    print(f"{count} JPEG of {shape[1]} x {shape[0]}, {workers} threads, medians of {len(spent)}")
    print(f"{machine()}, OpenCV {cv2.__version__}")
    for name, (clock, work) in zip(("decode + resize", "import"), medians, strict=True):
        print(f"{name:16} {count / clock:8,.0f} images/s, {1000 * work / count:6.3f} ms of processor each")
    print(f"ratio            {medians[0, 0] / medians[1, 0]:8.2f} by the clock (aim: 0.80)")


if __name__ == "__main__":
    main()
