"""Galaxies per second: `predict` from a collection to a table, beside the bare network on the same batches.

The collection is JPEG pieces of the Hubble Deep Field, the model one network with random numbers or one that
is given. Both use the same batch size, precision and threads, in turn, so that a busy moment meets both; the
bare network runs on batches that are ready, in as many threads as `predict` has. `writing` is a second
`predict` of the same galaxies, in which nothing is left to do but the table. The aim is 0.9 of the bare
network's rate.

    python benchmarks/predict_rate.py [--network NAME | --model NAME] [--count 3000] [--rounds 3] [--json]
"""

import argparse
import dataclasses
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from _measuring import machine, median_rates, pieces, tell

from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import choose_plan
from tuningfork.embeddings.forward import forward
from tuningfork.embeddings.workers import in_threads, shared_cores
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.trainable import new_network
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import load_model


def made_model(name: str, size: int) -> Model:
    """Five classes by random numbers."""
    torch.manual_seed(0)
    body, dim, facts = new_network(name)
    if facts["network"] != "lvm":
        body.to(memory_format=torch.channels_last)
    spec = EncoderSpec(name, name, 5, (), Preprocessing(size=size), PixelFacts())
    network = Encoder(spec, torch.nn.Sequential(body, torch.nn.Linear(dim, 5)))
    return Model(tuple("ABCDE"), (network,), qhat={"0.90": 0.9}, name="made")


def bare(model: Model, x: torch.Tensor, plan, count: int) -> None:
    """The network alone on a batch that is ready, again and again."""
    with shared_cores(plan.workers) as threads:
        run = in_threads(
            lambda rows: forward(model.encoder, x[: len(rows)], plan),
            np.arange(count),
            plan.batch_size,
            workers=plan.workers,
            waiting=2 * plan.workers,
            threads=threads,
        )
        for _ in run:
            pass


def measure(options: argparse.Namespace, work: Path) -> dict:
    model = load_model(options.model) if options.model else made_model(options.network, options.size)
    if options.collection:
        shutil.copytree(options.collection, work / "galaxies")
    else:
        create_collection(pieces(work / "in", options.count, options.side), work / "galaxies", quiet=True)
    collection = Collection.open(work / "galaxies")
    count, spec = len(collection), model.encoder.spec
    plan = choose_plan(model.encoder, 10**6, precision=options.precision)
    x = torch.rand(plan.batch_size, spec.bands, spec.size, spec.size)
    settings = {"batch_size": plan.batch_size, "precision": plan.precision, "workers": plan.workers}

    def whole() -> None:
        shutil.rmtree(work / "galaxies" / "predictions", ignore_errors=True)
        predict(collection, model, work / "t.parquet", quiet=True, **settings)

    bare(model, x, plan, min(count, 4 * plan.batch_size))
    jobs = {
        "predict": (count, whole),
        "writing": (count, lambda: predict(collection, model, work / "t.parquet", quiet=True, **settings)),
        "network": (count, lambda: bare(model, x, plan, count)),
    }
    medians = median_rates(jobs, options.rounds)
    return {
        "model": options.model or options.network,
        "size": spec.size,
        "galaxies": count,
        "plan": dataclasses.asdict(plan),
        "rounds": options.rounds,
        **machine(),
        "torch": torch.__version__,
        "per_second": {name: round(value, 1) for name, value in medians.items()},
        "of_network": round(medians["predict"] / medians["network"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a model instead of a made one")
    parser.add_argument("--network", default="timm:resnet18")
    parser.add_argument("--size", type=int, default=96, help="of the made model's input")
    parser.add_argument("--collection", help="a collection to copy, instead of made pictures")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--side", type=int, default=160, help="of the made pictures")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        report = measure(options, Path(work))
    tell(report, as_json=options.json)


if __name__ == "__main__":
    main()
