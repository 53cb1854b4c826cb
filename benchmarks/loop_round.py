"""How long one round of the loop takes: refit + rank + next page, and one durable answer.

    python benchmarks/loop_round.py [--galaxies 20000] [--dim 384] [--head logistic] [--repeats 15]

Vectors are made: clusters with a rare kind; 200 labels. Prints the median, the 95th
percentile and the conditions.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from _measuring import machine
from _rounds import timed_rounds

from tuningfork.labelling.label_log import LabelLog, NewAnswer


def pool(n, dim, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(80, dim)).astype(np.float32)
    kind = rng.integers(0, 80, n)
    vectors = centres[kind] + 1.5 * rng.normal(size=(n, dim)).astype(np.float32)
    return vectors.astype(np.float32), kind == 0


def answers(folder, n=300):
    """Seconds of each durable answer in a log that holds some already."""
    log = LabelLog(Path(folder) / "labels.sqlite", session="b", question="?")
    log.append([NewAnswer(f"old{i}", "no", i) for i in range(1000)], client_id="old", annotator="me")
    spent = []
    for seq in range(n):
        start = time.perf_counter()
        log.append([NewAnswer(f"g{seq}", "no", seq)], client_id="page", annotator="me")
        spent.append(time.perf_counter() - start)
    log.close()
    return spent


def tell(what, seconds, target):
    median, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    print(f"{what:44s} median {median:8.1f} ms   95 % {high:8.1f} ms   n {len(seconds):4d}   target {target}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--galaxies", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--head", default="logistic")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument(
        "--folder", default=None, help="where the log is written; a temporary folder by default"
    )
    given = parser.parse_args()
    print(machine())
    vectors, rare = pool(given.galaxies, given.dim)
    what = f"refit + rank + page, {given.galaxies:,} x {given.dim}, {given.head}"
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        spent = timed_rounds(
            vectors,
            rare,
            folder,
            time.perf_counter,
            labels=(50, 150),
            page=24,
            repeats=given.repeats,
            head=given.head,
        )
        tell(what, spent, "300 ms (median)")
        tell("one durable answer", answers(folder), "20 ms (95 %)")


if __name__ == "__main__":
    main()
