"""Exact top 100 among 200,000 vectors of 384 numbers: `SearchIndex` beside plain NumPy, in one run.

Example: python benchmarks/search_rate.py --json
"""

import argparse
import json
import os
import platform
import statistics
import time

import numpy as np

from tuningfork.embeddings import SearchIndex


def plain_first(vectors, query, k):
    """What one writes without a library: unit vectors, product, partial sort."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return plain_again(units, query, k)


def plain_again(units, query, k):
    """The same on vectors that are of unit length already."""
    scores = units @ (query / np.linalg.norm(query))
    best = np.argpartition(-scores, k)[:k]
    return best[np.argsort(-scores[best])]


def milliseconds(function) -> float:
    began = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - began)


def measure(n: int, dim: int, k: int, rounds: int) -> dict[str, list[float]]:
    """All four in turn, so that a busy moment meets all of them."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((n, dim), dtype=np.float32)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    index = SearchIndex(vectors)
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        query = rng.standard_normal(dim, dtype=np.float32)
        assert np.array_equal(index.nearest(query, k)[0], plain_again(units, query, k))
        for name, function in {
            "first search, ours": lambda q=query: SearchIndex(vectors).nearest(q, k),
            "first search, NumPy": lambda q=query: plain_first(vectors, q, k),
            "further search, ours": lambda q=query: index.nearest(q, k),
            "further search, NumPy": lambda q=query: plain_again(units, q, k),
        }.items():
            times.setdefault(name, []).append(milliseconds(function))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--galaxies", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--best", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    times = measure(options.galaxies, options.dim, options.best, options.rounds)
    report = {
        "galaxies": options.galaxies,
        "dim": options.dim,
        "best": options.best,
        "rounds": options.rounds,
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "machine": platform.processor() or platform.machine(),
        "numpy": np.__version__,
        "median_ms": {name: round(statistics.median(values), 2) for name, values in times.items()},
    }
    if options.json:
        print(json.dumps(report))
        return
    print(f"{options.galaxies:,} x {options.dim}, best {options.best}, medians of {options.rounds}")
    print(f"  {report['processors']} processors, load {report['load']}, NumPy {np.__version__}")
    for name, value in report["median_ms"].items():
        print(f"  {name:24} {value:8.1f} ms")


if __name__ == "__main__":
    main()
