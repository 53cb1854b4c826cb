"""How long one round of the loop takes: refit + rank + next page, and one durable answer.

    python benchmarks/loop_round.py [--galaxies 20000] [--dim 384] [--head logistic] [--repeats 15]

Vectors are made: clusters with a rare kind; 200 labels and 200 weak negatives. Prints the median, the 95th
percentile and the conditions.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tuningfork.labelling.asking import Asking
from tuningfork.labelling.events import Event
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.question import Question
from tuningfork.labelling.settings import SessionSettings


class Stored:
    def __init__(self, vectors):
        self.vectors, self.present = vectors, np.ones(len(vectors), bool)


def pool(n, dim, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(80, dim)).astype(np.float32)
    kind = rng.integers(0, 80, n)
    vectors = centres[kind] + 1.5 * rng.normal(size=(n, dim)).astype(np.float32)
    return vectors.astype(np.float32), kind == 0


def rounds(vectors, rare, head, repeats, labels=200, page=24):
    """Seconds of each round: one new answer has come, refit, rank, choose a page."""
    ids = np.array([f"g{i}" for i in range(len(vectors))], dtype=object)
    given = np.concatenate(
        [np.flatnonzero(rare)[: labels // 4], np.flatnonzero(~rare)[: labels - labels // 4]]
    )
    events = {ids[r]: event(i, ids[r], rare[r]) for i, r in enumerate(given)}
    settings = SessionSettings(name="b", question=Question(), encoder="made", head=head)
    asking = Asking(
        ids,
        Stored(vectors),
        np.ones(len(ids), bool),
        settings,
        events=lambda kind: dict(events) if kind == "answer" else {},
        outside=lambda names: np.empty((0, vectors.shape[1]), np.float32),
    )
    asking.next_batch(page, ())  # the cells are made once a session
    spent = []
    for i in range(repeats):
        extra = ids[-1 - i]
        events[extra] = event(1000 + i, extra, False)
        start = time.perf_counter()
        asking.next_batch(page, ())
        spent.append(time.perf_counter() - start)
    return spent


def event(number, galaxy, yes):
    return Event(
        number, "c", number, "t", "me", "answer", f"c/{number}", galaxy, "yes" if yes else "no", None, {}
    )


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
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, load {load}, Python {sys.version.split()[0]}")
    vectors, rare = pool(given.galaxies, given.dim)
    what = f"refit + rank + page, {given.galaxies:,} x {given.dim}, {given.head}"
    tell(what, rounds(vectors, rare, given.head, given.repeats), "300 ms (median)")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        tell("one durable answer", answers(folder), "20 ms (95 %)")


if __name__ == "__main__":
    main()
