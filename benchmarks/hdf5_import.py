"""How fast Legacy Surveys stamps in HDF5 are imported, beside the bare reading of the same images.

The bare side reads all images with h5py in blocks and keeps nothing; the import reads, checks, packs and
stores them in durable commits. Both sides take the same file in turn within one run, first from the page
cache (warm), then, where the process may drop that cache (Linux, root), from the disk (cold); medians. The
time to write the same bytes to one plain file and to flush it is given too: no import can be faster than its
disk. The aim is a ratio of at least 0.7.

    python benchmarks/hdf5_import.py [FILE ...] [--rows 4000] [--rounds 5] [--workers 2] [--out FOLDER]

Without files, made ones are used: galaxies in noise, 3 x 152 x 152 float32, plain, gzip and lzf, one galaxy a
chunk. ``--memory`` measures the peak memory of importing 10,000 and 1,000,000 small rows instead.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from _measuring import machine

SIDE = 152
BLOCK = 16  # galaxies at once on the bare side: fastest of 1 to 256 here
AIM = 0.7


def bare(file: Path) -> int:
    """Read all images; bytes."""
    with h5py.File(file) as opened:
        images = opened["images"]
        for start in range(0, images.shape[0], BLOCK):
            images[start : start + BLOCK]
        return images.size * images.dtype.itemsize


def imported(file: Path, out: Path, workers: int) -> None:
    """Import all images."""
    from tuningfork.collection import create_collection

    report = create_collection(file, out, workers=workers, quiet=True)
    assert not report.rejected


def written(size: int, path: Path) -> None:
    """Write as many bytes to a plain file, and flush it to the disk."""
    block = np.random.default_rng(0).bytes(4 << 20)
    with path.open("wb") as file:
        for _ in range(0, size, len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def drop_caches() -> bool:
    """Forget what was read; True when that was possible."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def make(path: Path, rows: int, **how) -> Path:
    """A made file in the layout of ssl-legacysurvey; no two galaxies are alike."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    noise = rng.normal(0, 0.01, (250, 3, SIDE, SIDE)).astype(np.float32)
    profile = np.exp(-np.hypot(y, x) / 6).astype(np.float32)
    with h5py.File(path, "w") as file:
        images = file.create_dataset("images", (rows, 3, SIDE, SIDE), "f4", **how)
        for start in range(0, rows, len(noise)):
            count = min(len(noise), rows - start)
            peaks = rng.uniform(0.1, 3, (count, 3, 1, 1)).astype(np.float32)
            images[start : start + count] = noise[:count] * rng.uniform(0.5, 2) + peaks * profile
        file["ra"], file["dec"] = rng.uniform(0, 360, rows), rng.uniform(-30, 80, rows)
        file["inds"], file["source_type"] = np.arange(rows), np.full(rows, b"SER")
        file["flux"] = rng.uniform(1, 100, (rows, 3)).astype(np.float32)
    return path


def compare(file: Path, out: Path, chosen: argparse.Namespace, *, cold: bool) -> None:
    """Print one line: both sides, in turn, and their ratio."""
    spent, size = [], bare(file)
    for _ in range(chosen.rounds):
        sides = []
        for work in (
            lambda: bare(file),
            lambda: imported(file, out / "c", chosen.workers),
            lambda: written(size, out / "plain"),
        ):
            if cold:
                drop_caches()
            else:
                os.sync()  # nothing of the round before is still on its way to the disk
            sides.append(seconds(work))
        shutil.rmtree(out / "c")
        (out / "plain").unlink()
        spent.append(sides)
    read, whole, disk = (size / 1e9 / value for value in np.median(spent, axis=0))
    print(
        f"{file.name:20} {'cold' if cold else 'warm'}  read {read:6.2f}  import {whole:6.2f}  "
        f"write alone {disk:6.2f} GB/s   ratio {whole / read:5.2f} (aim {AIM})",
        flush=True,
    )


def measure_memory(folder: Path) -> None:
    """Print the peak memory of imports of two sizes, each in its own process."""
    code = (
        "import resource, sys; from tuningfork.collection import create_collection as c; "
        "n = c(sys.argv[1], sys.argv[2], quiet=True, workers=2).added; "
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    for rows in (10_000, 1_000_000):
        with h5py.File(folder / f"{rows}.h5", "w") as file:
            images = file.create_dataset("images", (rows, 16, 16), "f4")
            noise = np.random.default_rng(0).normal(0, 1, (10_000, 16, 16)).astype("f4")
            for start in range(0, rows, len(noise)):
                images[start : start + len(noise)] = noise * (1 + start / rows)
            file["inds"], file["ra"] = np.arange(rows), np.linspace(0, 359, rows)
        command = [sys.executable, "-c", code, str(folder / f"{rows}.h5"), str(folder / f"out{rows}")]
        began = time.perf_counter()
        added, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        print(f"{int(added):>9,} rows: peak {peak} MB, {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--out", type=Path, help="where to write; by default the temporary folder")
    parser.add_argument("--memory", action="store_true")
    chosen = parser.parse_args()
    print(f"{machine()}, h5py {h5py.__version__}")
    with tempfile.TemporaryDirectory(dir=chosen.out) as scratch:
        folder = Path(scratch)
        if chosen.memory:
            measure_memory(folder)
            return
        files = chosen.files or [
            make(folder / "plain.h5", chosen.rows),
            make(folder / "gzip.h5", chosen.rows, compression="gzip", chunks=(1, 3, SIDE, SIDE)),
            make(folder / "lzf.h5", chosen.rows, compression="lzf", chunks=(1, 3, SIDE, SIDE)),
        ]
        imported(files[0], folder / "warm", chosen.workers)  # what is loaded once is loaded now
        for file in files:
            compare(file, folder, chosen, cold=False)
            if drop_caches():
                compare(file, folder, chosen, cold=True)


if __name__ == "__main__":
    main()
