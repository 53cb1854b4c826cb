"""How long the loop takes on large pools: refit + rank + next page.

    python benchmarks/loop_large.py [--memory 200000x384] [--disk 5000000x256] [--folder FOLDER]

Vectors are made: clusters with a rare kind; 300 answers and 200 weak negatives, a page of 24. In memory the
whole path of a session is timed; from disk the prepared vectors (64 directions in half precision, 128 bytes a
galaxy) are written to FOLDER once and read in blocks. Prints the median, the 95th percentile, the memory that
is not a mapped file, and the conditions.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from _measuring import machine
from _rounds import timed_rounds

from tuningfork.labelling.on_disk import write_prepared
from tuningfork.labelling.preparation import Preparation
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.settings import CELLS, build_strategy
from tuningfork.labelling.strategies import Answered, View
from tuningfork.labelling.strategies.cells import make_cells

KINDS, LABELS, PAGE = 80, 300, 24


def blocks(n, dim, size=100_000):
    """Vectors [size, dim] at a time; kind 0 of 80 is rare: one in 2,000."""
    centres = np.random.default_rng(0).normal(size=(KINDS, dim)).astype(np.float32)
    for start in range(0, n, size):
        rng = np.random.default_rng([1, start])
        rows = min(size, n - start)
        yield centres[kinds(start, rows)] + 1.5 * rng.standard_normal((rows, dim), np.float32)


def kinds(start, rows):
    places = np.arange(start, start + rows)
    return np.where(places % 2000 == 0, 0, 1 + places % (KINDS - 1))


def in_memory(n, dim, strategy, repeats, folder):
    vectors = np.concatenate(list(blocks(n, dim)))
    return timed_rounds(
        vectors,
        kinds(0, n) == 0,
        folder,
        now,
        labels=(LABELS // 5, LABELS - LABELS // 5),
        page=PAGE,
        repeats=repeats,
        strategy=strategy,
    )


def from_disk(n, dim, strategy_name, repeats, folder):
    began = time.perf_counter()
    first = next(blocks(n, dim))
    preparation = Preparation(first, np.ones(len(first), bool), directions=64)
    vectors = write_prepared(Path(folder) / "prepared.npy", blocks(n, dim), n, preparation)
    print(f"made and prepared {n:,} vectors in {time.perf_counter() - began:.0f} s")
    present, strategy = np.ones(n, bool), build_strategy(strategy_name, {})
    ranker = Ranker.of_prepared(vectors, present, preparation)
    began = time.perf_counter()
    cells = make_cells(vectors, cells=CELLS, seed=0)
    print(f"cells, once a session: {time.perf_counter() - began:.1f} s")
    rare = np.flatnonzero(kinds(0, n) == 0)[: LABELS // 5]
    common = np.arange(1, LABELS - LABELS // 5 + 1)
    history = [Answered(int(r), True) for r in rare] + [Answered(int(r), False) for r in common]
    spent = []
    for i in range(repeats + 1):
        history.append(Answered(n - 1 - i, False))
        began = now()
        ranking = ranker.rank(tuple(history), np.empty((0, preparation.dim), np.float32), strategy)
        taken = np.array([a.row for a in history], np.int64)
        free = present.copy()
        free[taken] = False
        view = View(
            vectors=vectors,
            scores=np.nan_to_num(ranking.scores, nan=0.0),
            learnt=ranking.learnt,
            free=free,
            taken=taken,
            history=tuple(history),
            cells=lambda: cells,
            rng=np.random.default_rng(i),
        )
        ranking.places([pick.row for pick in strategy.select(view, PAGE)])
        spent.append(now() - began)
    return spent[1:]


def tell(what, seconds, target):
    (median, busy), (high, most) = np.percentile(np.array(seconds) * 1000, [50, 95], axis=0)
    print(f"{what:58s} median {median:7.0f} ms   95 % {high:7.0f} ms   n {len(seconds)}   target {target}")
    print(f"  of processors: median {busy:.0f} ms, 95 % {most:.0f} ms")
    status = Path("/proc/self/status")
    if status.is_file():
        kept = {
            line.split(":")[0]: line.split()[1] for line in status.read_text().splitlines() if "kB" in line
        }
        print(f"  memory that is no mapped file: {int(kept.get('RssAnon', 0)) / 1024:,.0f} MB")


def now():
    """Seconds by the clock, and of processors: the second does not care who else is at work."""
    return np.array([time.perf_counter(), time.process_time()])


def size(text):
    n, dim = text.split("x")
    return int(n), int(dim)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory", type=size, default=(200_000, 384))
    parser.add_argument("--disk", type=size, default=(5_000_000, 256))
    parser.add_argument("--only", choices=["memory", "disk"])
    parser.add_argument("--folder", default=None, help="where prepared vectors are written: 128 bytes each")
    parser.add_argument("--strategy", default="greedy")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    print(f"{machine()}, {given.strategy}")
    if given.only != "memory":
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            spent = from_disk(*given.disk, given.strategy, given.repeats, folder)
        tell("from disk, {:,} x {}: refit + rank + page".format(*given.disk), spent, "2000 ms (95 %)")
    if given.only != "disk":
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            spent = in_memory(*given.memory, given.strategy, given.repeats, folder)
        tell("in memory, {:,} x {}: refit + rank + page".format(*given.memory), spent, "100 ms (95 %)")


if __name__ == "__main__":
    main()
