"""Made models and pictures: networks that tell bright from dark and blue from red without any training."""

import cv2
import numpy as np
import torch

from tuningfork.collection import create_collection
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.trainable import new_network
from tuningfork.tasks.morphology.model import Member, Model

CLASSES = ("dark", "bright", "blue")
PREPROCESSING = Preprocessing(size=32, window="frame", zoom=1.0)
TOLD = {"licence": "CC0", "data": {"galaxies": 60, "ids_sha256": "0" * 64}, "split": {}, "evaluation": {}}
QUICK = {"batch_size": 8, "precision": "fp32", "quiet": True}


def network(answers: int, seed: int = 0, name: str = "timm:test_resnet", scale: float = 3.0) -> Encoder:
    """A small network with random numbers and lively logits."""
    torch.manual_seed(seed)
    body, dim, _ = new_network(name)
    head = torch.nn.Linear(dim, answers)
    torch.nn.init.normal_(head.weight, 0, scale)
    for part in body.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 2)
    spec = EncoderSpec(name, name, answers, (), PREPROCESSING, PixelFacts())
    return Encoder(spec, torch.nn.Sequential(body, head))


def plain(seed: int = 0, **more) -> Model:
    """One network."""
    return Model(CLASSES, (network(3, seed),), name="plain", **more)


def two_stages(seed: int = 0) -> Model:
    """HIWL: dark and bright are merged, two networks for the first stage, one for the second."""
    first = [Member(network(2, seed + k), ("pale", "blue")) for k in range(2)]
    second = Member(network(2, seed + 9), ("bright", "dark"), group="pale")
    return Model(CLASSES, (*first, second), groups={"pale": ("dark", "bright")}, name="staged")


def galaxies(folder, count: int = 40, broken: int | None = None):
    """A collection of noisy squares of three kinds with their labels; one of them may be damaged."""
    source, rng = folder / "in", np.random.default_rng(0)
    source.mkdir(parents=True)
    lines = ["id,file,label"]
    for number in range(count):
        colour = ((20, 20, 20), (200, 200, 200), (220, 40, 40))[number % 3]
        picture = np.clip(rng.normal(colour, 12, (32, 32, 3)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(source / f"g{number:04d}.png"), picture)
        lines.append(f"g{number:04d},g{number:04d}.png,{CLASSES[number % 3]}")
    (source / "table.csv").write_text("\n".join(lines) + "\n")
    collection = create_collection(source, folder / "galaxies", quiet=True).collection
    if broken is not None:
        collection = damaged(collection, broken)
    return collection


def damaged(collection, row: int):
    """The collection with one stamp cut short."""
    import pyarrow as pa

    from tuningfork.collection import Collection
    from tuningfork.collection.engine import replace_column

    stamps = collection._dataset.to_table(columns=["stamp"])["stamp"].to_pylist()
    stamps[row] = stamps[row][:60]
    field = pa.field("stamp", pa.large_binary())
    replace_column(collection.path / "galaxies.lance", field, pa.array(stamps, pa.large_binary()))
    return Collection.open(collection.path)
