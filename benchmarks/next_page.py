"""How often the range foretold for the next page holds, by replay: sessions answered from labels.

Made vectors: 16 numbers a galaxy, eleven kinds of which one is looked for; the kinds lie close (0.6 standard
deviations between centres, in each number) or apart (2). Two examples, then pages of 24 from a session with
the usual streams, all answered rightly; before each page the 80 % range for its new finds. A page is "early"
while less than seven tenths of the finds are found, "running dry" from there to the last find, "the first
without" right after it, "over" later.

    python benchmarks/next_page.py --seeds 10
    python benchmarks/next_page.py --seeds 10 --collection galaxies --column label --positive EO
"""

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.labelling import create_session
from tuningfork.labelling.estimates.bounds import clopper_pearson
from tuningfork.labelling.streams.settings import Streams

PAGE, ENOUGH, KEY = 24, 0.7, "made-1"
STAGES = ("early", "running dry", "the first without", "over")


class Vectors:
    """What a session asks of a table of vectors."""

    metadata, exists, version = {"encoder": "made", "created": "2026"}, True, 1

    def __init__(self, vectors: np.ndarray):
        self._vectors = vectors

    def outline(self, ids: pa.Array) -> tuple[int, np.ndarray]:
        return self._vectors.shape[1], np.ones(len(ids), bool)

    def aligned(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        return self._vectors, np.ones(len(ids), bool)

    def blocks(self, ids: pa.Array):
        yield np.arange(len(ids)), self._vectors


class Galaxies:
    """What a session asks of a collection: ids and vectors."""

    name, stretch, shown = "made", None, ()

    def __init__(self, path: Path, vectors: np.ndarray, positive: np.ndarray):
        self.path, self._vectors = path, Vectors(vectors.astype(np.float32))
        self._ids = np.array([f"g{k}" for k in range(len(positive))], object)
        self.positive = {f"g{k}" for k in np.flatnonzero(positive)}

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self, rows: Any = None) -> np.ndarray:
        return self._ids if rows is None else self._ids[rows]

    def id_column(self) -> pa.Array:
        return pa.array(self._ids, pa.large_string())

    def rows_of(self, ids: list[str]) -> np.ndarray:
        return np.array([int(i[1:]) for i in ids])

    def flagged(self) -> np.ndarray:
        return np.zeros(len(self), bool)

    def fingerprint(self) -> str:
        return "made"

    def vector_keys(self) -> list[str]:
        return [KEY]

    def vector_table(self, key: str) -> Vectors:
        return self._vectors


def made(n: int, share: float, apart: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors [n, 16] and who is looked for."""
    rng = np.random.default_rng([seed, n, round(1000 * share)])
    kind = rng.integers(1, 11, n)
    kind[rng.choice(n, round(n * share), replace=False)] = 0
    centres = rng.normal(size=(11, 16)) * apart
    return centres[kind] + rng.normal(size=(n, 16)), kind == 0


def drawn(vectors: np.ndarray, labels: np.ndarray, n: int, share: float, seed: int):
    """So many galaxies of a real collection, with so large a share of positives."""
    rng = np.random.default_rng([seed, n, round(1000 * share)])
    yes, no = np.flatnonzero(labels), np.flatnonzero(~labels)
    many = round(n * share)
    rows = np.concatenate([rng.choice(yes, many, replace=False), rng.choice(no, n - many, replace=False)])
    rows = rng.permutation(rows)
    return vectors[rows], labels[rows]


def replayed(galaxies: Galaxies, seed: int, pages: int) -> list[tuple[str, int, int, int]]:
    """(stage, low, high, new finds) of every page for which a range was given."""
    session = create_session(galaxies, name="replay", seed=seed, streams=Streams.usual())
    session.add_examples(sorted(galaxies.positive)[:2])
    told, seq, over = [], 0, 0
    for _ in range(pages):
        page = session.next_batch(PAGE)
        new = [c for c in page if c.stream != "repeat"]
        if not new:
            break
        found = sum(answer == "yes" for answer in session.labels().values())
        left = len(galaxies.positive) - found
        stage = "early" if found < ENOUGH * len(galaxies.positive) else "running dry"
        if not left:
            stage, over = ("over" if over else "the first without"), over + 1
        foretold = session.expected_finds(page)
        if foretold is not None:
            told.append((stage, *foretold, sum(c.id in galaxies.positive for c in new)))
        answers = [
            {
                "galaxy_id": c.id,
                "answer": "yes" if c.id in galaxies.positive else "no",
                "client_seq": seq + k,
                "shown": c.shown(),
            }
            for k, c in enumerate(page)
        ]
        session.answer_many(answers, client_id="replay")
        seq += len(page)
    session.close()
    return told


def rows_of(name: str, told: list[tuple[str, int, int, int]]) -> list[dict]:
    """How often it held in each stage, with the exact 95 % interval, and how wide it was."""
    by_stage = defaultdict(list)
    for stage, *numbers in told:
        by_stage[stage].append(numbers)
    rows = []
    for stage in STAGES:
        if not by_stage[stage]:
            continue
        low, high, new = np.array(by_stage[stage]).T
        held = (low <= new) & (new <= high)
        rows.append(
            {
                "galaxies": name,
                "stage": stage,
                "pages": len(new),
                "held": round(float(held.mean()), 3),
                "interval": [round(end, 2) for end in clopper_pearson(int(held.sum()), len(held))],
                "width": float(np.median(high - low)),
                "new finds": round(float(new.mean()), 1),
            }
        )
    return rows


def conditions(options: argparse.Namespace):
    """Name, and for a seed the vectors and labels."""
    if options.collection is None:
        for n in (300, 3_000):
            for share in (0.03, 0.10):
                for apart in (0.6, 2.0):
                    words = "apart" if apart > 1 else "close"
                    name = f"made, {words}: {n:,}, {share:.0%}"
                    yield name, lambda seed, n=n, share=share, apart=apart: made(n, share, apart, seed)
        return
    from tuningfork.collection import Collection

    collection = Collection.open(options.collection)
    labels = np.array(collection.catalogue([options.column])[options.column].to_pylist()) == options.positive
    for key in collection.vector_keys():
        vectors, there = collection.vector_table(key).aligned(collection.id_column())
        for n in (300, 2_000):
            name = f"{key}: {n:,}, 10%"
            yield (
                name,
                lambda seed, n=n, v=vectors[there], y=labels[there]: drawn(v, y, n, 0.10, seed),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=1_000)
    parser.add_argument("--pages", type=int, default=22)
    parser.add_argument("--only", default="", help="conditions whose name has this in it")
    parser.add_argument("--collection", help="galaxies with labels instead of made ones")
    parser.add_argument("--column", default="label")
    parser.add_argument("--positive", default="yes")
    options = parser.parse_args()
    for name, draw in conditions(options):
        if options.only not in name:
            continue
        told = []
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            with tempfile.TemporaryDirectory(prefix="tuningfork-") as folder:
                told += replayed(Galaxies(Path(folder), *draw(seed)), seed, options.pages)
        for row in rows_of(name, told):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
