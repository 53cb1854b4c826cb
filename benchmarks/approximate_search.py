"""Search through the index on disk, among real embeddings with jittered neighbours: time, recall, size.

Takes the embeddings of real collections, as many as are given (or of pieces of the Hubble Deep Field), and
makes a million from them: each is one of them moved in a random direction, by ``--jitter`` times the
distance to its own nearest neighbour. Queries are vectors of the table, other ones than those with which the
settings were chosen; an answer is right when it is among the 10 nearest but itself by exact search. The time
is that of one query after the other, through ``StoredVectors.nearest``.

Example: OMP_NUM_THREADS=2 python benchmarks/approximate_search.py galaxies_a galaxies_b --json
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from _measuring import machine, tell

from tuningfork.collection import Collection, StoredVectors, VectorTable, build_vector_index
from tuningfork.embeddings import load_embeddings
from tuningfork.embeddings.approximate import NEIGHBOURS, _measured, _true_neighbours


def real_vectors(folders: list[Path], encoder: str | None) -> np.ndarray:
    loaded = [load_embeddings(Collection.open(folder), encoder) for folder in folders]
    return np.concatenate([one.vectors[one.present] for one in loaded])


def deep_field_vectors(count: int, side: int = 96) -> np.ndarray:
    """Embeddings of pieces of the Hubble Deep Field, where no collection is given."""
    from skimage.data import hubble_deep_field

    from tuningfork.encoders import load_encoder

    encoder, rng = load_encoder("lvm-tiny"), np.random.default_rng(0)
    field = np.ascontiguousarray(hubble_deep_field()[..., ::-1])
    corners = rng.integers(0, [field.shape[0] - side, field.shape[1] - side], (count, 2))
    found = []
    for start in range(0, count, 100):
        pieces = [field[y : y + side, x : x + side] for y, x in corners[start : start + 100]]
        with torch.inference_mode():
            found.append(encoder.network.eval()(encoder.preprocess(pieces)).float().numpy())
    return np.concatenate(found)


def nearest_distances(vectors: np.ndarray) -> np.ndarray:
    """Distance of each vector to its nearest other one."""
    found = np.empty(len(vectors), np.float32)
    everything = torch.from_numpy(vectors)
    for start in range(0, len(vectors), 2048):
        away = torch.cdist(everything[start : start + 2048], everything)
        away[torch.arange(len(away)), torch.arange(start, start + len(away))] = torch.inf
        found[start : start + len(away)] = away.amin(1).numpy()
    return found


def fill(table: VectorTable, real: np.ndarray, count: int, jitter: float) -> None:
    rng = np.random.default_rng(0)
    away = nearest_distances(real)
    for start in range(0, count, 100_000):
        size = min(100_000, count - start)
        chosen = rng.integers(0, len(real), size)
        step = rng.standard_normal((size, real.shape[1]), dtype=np.float32) / np.sqrt(real.shape[1])
        moved = real[chosen] + jitter * away[chosen, None] * step
        table.append([f"g{k:08d}" for k in range(start, start + size)], moved)


def measure(table: VectorTable, queries: int) -> dict:
    began = time.perf_counter()
    build_vector_index(table)
    built = time.perf_counter() - began
    vectors = StoredVectors(table)
    recall, probes, refine = _measured(vectors, quiet=True)
    positions = np.sort(np.random.default_rng(7).choice(vectors.count, queries, replace=False))
    wanted = vectors.take(positions)
    truth = _true_neighbours(vectors, wanted, positions, lambda done: None)
    times, hits = [], 0
    for number in np.random.default_rng(8).permutation(queries):
        start = time.perf_counter()
        found, _ = vectors.nearest(wanted[number], NEIGHBOURS + 1, probes=probes, refine=refine)
        times.append(1000 * (time.perf_counter() - start))
        hits += len(np.intersect1d(found[found != positions[number]][:NEIGHBOURS], truth[number]))
    index = table.path / "_indices"
    return {
        "build_s": round(built, 1),
        "probes": probes,
        "refine": refine,
        "recall_at_build": round(recall, 4),
        "recall_at_10": round(hits / truth.size, 4),
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(float(np.percentile(times, 95)), 2),
        "first_50_median_ms": round(statistics.median(times[:50]), 2),
        "index_MB": round(sum(f.stat().st_size for f in index.rglob("*") if f.is_file()) / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collections", nargs="*", type=Path)
    parser.add_argument("--encoder")
    parser.add_argument("--galaxies", type=int, default=1_000_000)
    parser.add_argument("--real", type=int, default=3000, help="pieces to embed where no collection is given")
    parser.add_argument("--jitter", type=float, default=1.0)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--scratch", type=Path, help="Where to put the table, some 2.5 GB for a million.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    given = options.collections
    real = real_vectors(given, options.encoder) if given else deep_field_vectors(options.real)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        table = VectorTable(Path(folder) / "jittered.lance", "jittered")
        fill(table, real, options.galaxies, options.jitter)
        report = {
            "galaxies": options.galaxies,
            "real": len(real),
            "dim": real.shape[1],
            "jitter": options.jitter,
            "queries": options.queries,
            "threads": torch.get_num_threads(),
            **machine(),
            **measure(table, options.queries),
            "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        }
    tell(report, as_json=options.json, width=20)


if __name__ == "__main__":
    main()
