"""Galaxies per second of `embed --engine ray` on this machine, beside the plain engine on the same cores.

Both use the same encoder, batch size and precision on the same collection of JPEG pieces of the Hubble Deep
Field (or on one that is given), in turn. `rate` counts all the time of the call, the start of Ray and of its
workers included; `steady` counts from the moment at which a third of the vectors was there, when all workers
have begun. The aim is a steady rate of at least 0.85 of the plain engine's.

    python benchmarks/ray_rate.py [--collection DIR] [--count 3000] [--encoder lvm-tiny] [--rounds 3] [--json]
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from _measuring import machine, pieces, tell

from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import choose_plan, embed, writer
from tuningfork.encoders import load_encoder


class Clock:
    """When vectors came, and how many: told by the writer that both engines hand them to."""

    def __init__(self):
        self.told: list[tuple[float, int]] = []
        plain = writer.FragmentWriter.add

        def add(held, ids, vectors):
            self.told.append((time.perf_counter(), len(ids)))
            plain(held, ids, vectors)

        writer.FragmentWriter.add = add

    def steady(self) -> float:
        """Vectors per second after the first third."""
        came = np.cumsum([count for _, count in self.told])
        third = int(np.searchsorted(came, came[-1] / 3))
        seconds = self.told[-1][0] - self.told[third][0]
        return float((came[-1] - came[third]) / seconds) if seconds else float("nan")  # all came at once


def run(folder: Path, engine: str, clock: Clock, options: argparse.Namespace, plan) -> dict[str, float]:
    shutil.rmtree(folder / "embeddings", ignore_errors=True)
    clock.told.clear()
    began = time.perf_counter()
    report = embed(
        Collection.open(folder),
        options.encoder,
        batch_size=plan.batch_size,
        precision=plan.precision,
        workers=options.workers,
        engine=engine,
        quiet=True,
    )
    return {"rate": report.done / (time.perf_counter() - began), "steady": clock.steady()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--collection", type=Path, help="its embeddings are made anew in a copy")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--encoder", default="lvm-tiny")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "galaxies"
        if options.collection:
            shutil.copytree(
                options.collection, folder, ignore=shutil.ignore_patterns("embeddings", "sessions")
            )
        else:
            create_collection(pieces(Path(scratch) / "pieces", options.count, 160), folder, quiet=True)
        plan = choose_plan(load_encoder(options.encoder), 10**6, workers=options.workers)
        clock = Clock()
        found: dict[str, list[dict[str, float]]] = {"local": [], "ray": []}
        for _ in range(options.rounds):
            for engine, rounds in found.items():
                rounds.append(run(folder, engine, clock, options, plan))
        count = len(Collection.open(folder))
    medians = {
        engine: {kind: round(statistics.median(r[kind] for r in rounds), 1) for kind in ("rate", "steady")}
        for engine, rounds in found.items()
    }
    report = {
        "galaxies": count,
        "encoder": options.encoder,
        "batch_size": plan.batch_size,
        "precision": plan.precision,
        "workers": options.workers,
        "rounds": options.rounds,
        **machine(),
        **medians,
        "steady_ratio": round(medians["ray"]["steady"] / medians["local"]["steady"], 3),
        "rate_ratio": round(medians["ray"]["rate"] / medians["local"]["rate"], 3),
    }
    tell(report, as_json=options.json)


if __name__ == "__main__":
    main()
