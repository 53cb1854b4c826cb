"""Time and peak memory of a map: fitted on a sample, the rest placed chunk by chunk.

The vectors are made: clumps in 384 dimensions. Peak memory is that of the process after each step, the
package itself included; it should not grow with ``--galaxies`` once the sample is fitted.

Example: python benchmarks/map_memory.py --galaxies 100000 --sample 50000 --json
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from _measuring import machine, tell

from tuningfork.collection import VectorTable
from tuningfork.embeddings import map_collection


def peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def fill(table: VectorTable, count: int, dim: int) -> None:
    rng = np.random.default_rng(0)
    clumps = rng.standard_normal((200, dim), dtype=np.float32)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        noise = rng.standard_normal((size, dim), dtype=np.float32)
        table.append(
            [f"g{k}" for k in range(start, start + size)], clumps[rng.integers(0, 200, size)] + noise
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--galaxies", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=50_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--method", default="umap")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = VectorTable(Path(folder) / "embeddings" / "k.lance", "k")
        fill(table, options.galaxies, options.dim)
        stored = peak()
        collection = SimpleNamespace(
            path=Path(folder), vector_table=lambda key: table, vector_keys=lambda: ["k"]
        )
        after: list[int] = []
        began = time.perf_counter()
        map_collection(
            collection,
            method=options.method,
            sample=options.sample,
            quiet=not os.isatty(2),
            on_progress=lambda done, total: after.append(peak()),
        )
        seconds = time.perf_counter() - began
    report = {
        "galaxies": options.galaxies,
        "sample": options.sample,
        "method": options.method,
        **machine(),
        "seconds": round(seconds, 1),
        "peak_MB_before": stored,
        "peak_MB_after_the_first_chunk": after[0],
        "peak_MB_at_the_end": after[-1],
    }
    tell(report, as_json=options.json, width=30)


if __name__ == "__main__":
    main()
