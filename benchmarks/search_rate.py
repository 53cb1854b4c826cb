"""Exact top 100 among 1,000,000 vectors of 256 numbers: `SearchIndex` beside the time to read them once at
memory speed, plain NumPy, torch and faiss Flat (where it is installed), all in turn in one run.

Every answer of ours is held to NumPy's and faiss's: the same ids in the same order. Where two cosines are so
close that float32 sums swap them, the run says so and compares with float64.

Example: OMP_NUM_THREADS=2 python benchmarks/search_rate.py --json
"""

import argparse
import json
import statistics
import time

import numpy as np
import torch
from _measuring import machine

from tuningfork.embeddings import SearchIndex


def plain_again(units, query, k):
    """What one writes without a library, on vectors that are of unit length already."""
    scores = units @ query
    best = np.argpartition(-scores, k)[:k]
    return best[np.argsort(-scores[best])]


def plain_first(vectors, query, k):
    """The same from vectors of any length."""
    return plain_again(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), query, k)


def of_torch(units, query, k):
    return torch.topk(units @ torch.from_numpy(query), k).indices.numpy()


def flat(units):
    """faiss's exact index of inner products, or None."""
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(torch.get_num_threads())
    index = faiss.IndexFlatIP(units.shape[1])
    index.add(units)
    return lambda query, k: index.search(query[None], k)[1][0]


def milliseconds(function) -> float:
    began = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - began)


def made_vectors(n: int, dim: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    vectors = np.empty((n, dim), np.float32)
    for start in range(0, n, 65_536):
        vectors[start : start + 65_536] = rng.standard_normal((min(65_536, n - start), dim), dtype=np.float32)
    return vectors


def same(found: np.ndarray, other: np.ndarray, vectors: np.ndarray, query: np.ndarray) -> bool:
    """True when both are the same rows in order; raises when they differ by more than float32 sums can."""
    if np.array_equal(found, other):
        return True

    def cosines(rows):
        block = vectors[rows].astype(np.float64)
        return block @ query.astype(np.float64) / np.linalg.norm(block, axis=1)

    ours, theirs = cosines(found), cosines(other)
    assert np.all(np.diff(ours) <= 1e-7), "ours are not in order"
    assert np.abs(ours - theirs).max() < 1e-6, "another answer"
    return False


def measure(n: int, dim: int, k: int, rounds: int) -> dict:
    """All in turn, so that a busy moment meets all of them."""
    rng = np.random.default_rng(1)
    vectors = made_vectors(n, dim)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    as_torch, words = torch.from_numpy(units), torch.from_numpy(vectors.view(np.int64))
    faiss = flat(units)
    index = SearchIndex(vectors)
    once = {"ours": milliseconds(lambda: index.nearest(vectors[0], k))}
    once["ours, copy"] = milliseconds(index.prepare)
    once["NumPy"] = milliseconds(lambda: plain_first(vectors, units[0], k))
    times: dict[str, list[float]] = {}
    compared = swapped = 0
    for _ in range(rounds):
        query = rng.standard_normal(dim, dtype=np.float32)
        query /= np.linalg.norm(query)
        functions = {
            "read once": words.sum,
            "NumPy": lambda q=query: plain_again(units, q, k),
            "torch": lambda q=query: of_torch(as_torch, q, k),
            "ours": lambda q=query: index.nearest(q, k),
        }
        others = [plain_again(units, query, k)]
        if faiss is not None:
            functions["faiss Flat"] = lambda q=query: faiss(q, k)
            others.append(faiss(query, k))
        found = index.nearest(query, k)[0]
        compared += len(others)
        swapped += sum(not same(found, other, vectors, query) for other in others)
        for name, function in functions.items():
            times.setdefault(name, []).append(milliseconds(function))
    return {
        "median_ms": {name: round(statistics.median(values), 2) for name, values in times.items()},
        "lowest_ms": {name: round(min(values), 2) for name, values in times.items()},
        "first_ms": {name: round(value, 1) for name, value in once.items()},
        "answers_compared": compared,
        "answers_with_a_float32_tie_swapped": swapped,
        "float16_copy": index.copied,
        "extra_MB": round(vectors.nbytes / 2e6) if index.copied else 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--galaxies", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--best", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = {
        "galaxies": options.galaxies,
        "dim": options.dim,
        "best": options.best,
        "rounds": options.rounds,
        "threads": torch.get_num_threads(),
        **machine(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        **measure(options.galaxies, options.dim, options.best, options.rounds),
    }
    if options.json:
        print(json.dumps(report))
        return
    print(f"{options.galaxies:,} x {options.dim}, best {options.best}, medians of {options.rounds}")
    print(f"  {report['threads']} threads, load {report['load']}")
    for name, value in report["median_ms"].items():
        print(f"  {name:12} {value:8.1f} ms  (lowest {report['lowest_ms'][name]:.1f})")
    print(f"  ours / read once: {report['median_ms']['ours'] / report['median_ms']['read once']:.2f}")
    print(
        "  first search: " + ", ".join(f"{name} {value:.0f} ms" for name, value in report["first_ms"].items())
    )
    print(f"  {report['answers_compared']} answers compared, the same ids in the same order but for")
    print(f"  {report['answers_with_a_float32_tie_swapped']} with neighbours closer than float32 tells")


if __name__ == "__main__":
    main()
