"""What it costs to foretell the finds of the next page: five fits over all answers, beside one refit.

    python benchmarks/what_comes.py [--galaxies 200000] [--dim 384] [--answers 200 2000 10000]

Vectors are made: clusters with a rare kind, a fifth of the answers are of it, one answer in ten is wrong.
Prints time by the clock and of the processor for each number of answers.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from _measuring import machine
from loop_round import pool

from tuningfork.labelling.estimates.expected import expected_finds
from tuningfork.labelling.held_out import held_out
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.settings import build_strategy
from tuningfork.labelling.strategies import Answered

WRONG = 0.1  # of the answers: without any a fit ends after a few steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--galaxies", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--answers", type=int, nargs="+", default=[200, 2000, 10_000])
    parser.add_argument("--head", default="logistic")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    print(machine())
    vectors, rare = pool(given.galaxies, given.dim)
    ranker = Ranker(vectors, np.ones(len(vectors), bool), head=given.head)
    recipe, nothing = build_strategy("greedy", {}), np.empty((0, ranker.vectors.shape[1]), np.float32)
    for count in given.answers:
        history = answered(rare, count)
        found, scores = np.array([a.positive for a in history]), held_out(ranker, history, nothing, recipe)
        jobs: dict[str, Callable[[], Any]] = {
            "refit + rank": partial(ranker.rank, history, nothing, recipe),
            "five fits": partial(held_out, ranker, history, nothing, recipe),
            "the range": partial(expected_finds, scores, found, scores[:24]),
        }
        told = [f"{what} {spent(job, given.repeats)}" for what, job in jobs.items()]
        print(f"{count:6,d} answers   {'   '.join(told)}", flush=True)
    print("medians over", given.repeats, "repeats")


def answered(rare: np.ndarray, count: int) -> tuple[Answered, ...]:
    """So many answers in random order, a fifth of them about the rare kind as long as there are enough."""
    rng = np.random.default_rng(1)
    finds = rng.permutation(np.flatnonzero(rare))[: count // 5]
    rows = np.concatenate([finds, rng.permutation(np.flatnonzero(~rare))[: count - len(finds)]])
    wrong = rng.random(len(rows)) < WRONG
    order = rng.permutation(len(rows))
    return tuple(Answered(int(rows[k]), bool(rare[rows[k]] != wrong[k]), False) for k in order)


def spent(job: Callable[[], Any], repeats: int) -> str:
    """Medians of the time by the clock and of the processor, in words."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter(), time.process_time()
        job()
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    clock, processor = 1000 * np.median(took, axis=0)
    return f"{clock:5.0f} ms, processor {processor:5.0f} ms"


if __name__ == "__main__":
    main()
