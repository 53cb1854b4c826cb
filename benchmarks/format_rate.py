"""How fast the same JPEG files are imported out of archives and tables, beside the folder they were in.

Every packing holds the same files, all read once before, so that they are in memory. The imports take turns
within one run; medians of five. The aim is that no packing but a compressed tar is slower than the folder by
more than a tenth.

    python benchmarks/format_rate.py [FOLDER] [--count 5000] [--workers 2] [--rounds 5]

Without a folder, parts of the Hubble Deep Field that comes with scikit-image are used.
"""

import argparse
import os
import shutil
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _measuring import machine, pieces

from tuningfork.collection import create_collection


def packed(source: Path, out: Path) -> dict[str, Path]:
    """The files of a folder in every packing: name -> what to import."""
    files = sorted(source.iterdir())
    for name, mode in (("x.tar", "w"), ("x.tar.gz", "w:gz")):
        with tarfile.open(out / name, mode) as archive:
            archive.add(source, "stamps")
    with zipfile.ZipFile(out / "x.zip", "w") as archive:
        for file in files:
            archive.write(file, file.name)
    table = pa.table({"image": [file.read_bytes() for file in files]})
    pq.write_table(table, out / "x.parquet", row_group_size=1_000)
    with pa.OSFile(str(out / "x.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_000)
    names = ("x.tar", "x.tar.gz", "x.zip", "x.parquet", "x.arrow")
    return {"folder": source, **{name.removeprefix("x."): out / name for name in names}}


def imported(source: Path, out: Path, workers: int, count: int) -> tuple[float, float]:
    """Seconds on the clock and of the processors for one import."""
    began, work = time.perf_counter(), time.process_time()
    report = create_collection(source, out, workers=workers, quiet=True)
    spent = time.perf_counter() - began, time.process_time() - work
    assert report.added == count, report.rejected[:3]
    shutil.rmtree(out)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        folder = chosen.folder or pieces(Path(scratch) / "parts", chosen.count, 264)
        originals = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
        files = [Path(shutil.copy(p, source)) for p in originals[: chosen.count]]
        kinds = packed(source, Path(scratch))
        spent: dict[str, list] = {kind: [] for kind in kinds}
        for number in range(chosen.rounds + 1):
            for kind, path in kinds.items():
                pair = imported(path, Path(scratch) / "out", chosen.workers, len(files))
                if number:  # the first round warms up
                    spent[kind].append(pair)
        size = sum(file.stat().st_size for file in files) / len(files)
    report(spent, len(files), size, chosen)


def report(spent: dict[str, list], count: int, size: float, chosen: argparse.Namespace) -> None:
    """Print medians of what every packing took."""
    print(f"{count} JPEG of {size / 1000:.1f} kB, {chosen.workers} threads, medians of {chosen.rounds}")
    print(machine())
    medians = {kind: np.median(pairs, axis=0) for kind, pairs in spent.items()}
    for kind, (clock, work) in medians.items():
        ratio = medians["folder"] / (clock, work)
        print(
            f"{kind:8} {count / clock:8,.0f} images/s, {1000 * work / count:6.3f} ms of processor each; "
            f"of the folder's rate {ratio[0]:.2f} by the clock, {ratio[1]:.2f} by the processors"
        )


if __name__ == "__main__":
    main()
