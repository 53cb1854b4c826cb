"""Galaxies per second: `embed` from a collection, beside the bare forward pass and beside a plain pipeline.

The plain pipeline is what one writes first: a DataLoader with workers, Pillow, torchvision's resize, float32.
All three use the same encoder and the same JPEG files, in turn, so that a busy moment meets all of them. The
forward pass alone has the batch and precision of `embed`, and all cores at once, as torch runs it by itself.

Example: python benchmarks/embed_rate.py --encoder timm:resnet18:untrained --size 128 --json
"""

import argparse
import dataclasses
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import choose_plan, embed
from tuningfork.embeddings.forward import forward
from tuningfork.encoders import Encoder, load_encoder
from tuningfork.vision_ops import ensure_vision_ops


def make_pictures(folder: Path, count: int, side: int) -> None:
    """JPEG pieces of the Hubble Deep Field, turned and mirrored, of the size of survey cut-outs."""
    from skimage.data import hubble_deep_field

    field, rng = hubble_deep_field(), np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        y, x = (rng.integers(0, n - side) for n in field.shape[:2])
        piece = np.rot90(field[y : y + side, x : x + side], rng.integers(4))
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), piece[:, :: rng.choice([-1, 1]), ::-1])


class PlainDataset(torch.utils.data.Dataset):
    """Pillow, torchvision's transforms, one file at a time."""

    def __init__(self, files: list[Path], size: int):
        ensure_vision_ops()
        from torchvision import transforms

        self.files = files
        self.transform = transforms.Compose(
            [
                transforms.Resize((size, size), antialias=True),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> torch.Tensor:
        from PIL import Image

        return self.transform(Image.open(self.files[place]).convert("RGB"))


def plain_pipeline(files: list[Path], encoder: Encoder, batch_size: int, workers: int) -> None:
    loader = torch.utils.data.DataLoader(
        PlainDataset(files, encoder.spec.size), batch_size, num_workers=workers
    )
    with torch.inference_mode():
        np.concatenate([encoder.embed(x).numpy() for x in loader])


def bare_forward(x: torch.Tensor, encoder: Encoder, plan, count: int) -> None:
    for start in range(0, count, len(x)):
        forward(encoder, x[: count - start], plan)


def from_collection(folder: Path, encoder: Encoder, plan) -> None:
    shutil.rmtree(folder / "embeddings", ignore_errors=True)
    collection = Collection.open(folder)
    embed(
        collection,
        encoder,
        batch_size=plan.batch_size,
        precision=plan.precision,
        workers=plan.workers,
        quiet=True,
    )


def with_size(encoder: Encoder, size: int | None) -> Encoder:
    """The same network at another input size."""
    if size is None:
        return encoder
    preprocessing = dataclasses.replace(encoder.spec.preprocessing, size=size)
    return Encoder(dataclasses.replace(encoder.spec, preprocessing=preprocessing), encoder.network)


def measure(options: argparse.Namespace, work: Path) -> dict:
    encoder = with_size(load_encoder(options.encoder), options.size)
    pictures = Path(options.pictures) if options.pictures else work / "pictures"
    if not options.pictures:
        make_pictures(pictures, options.count, options.side)
    files = sorted(pictures.glob("*.jpg"))[: options.count]
    create_collection(pictures, work / "galaxies", quiet=True)
    count = len(Collection.open(work / "galaxies"))
    plan = choose_plan(encoder, 10**6)
    x = torch.rand(plan.batch_size, encoder.spec.bands, encoder.spec.size, encoder.spec.size)
    jobs = {
        "embed from a collection": (count, lambda: from_collection(work / "galaxies", encoder, plan)),
        "forward alone": (count, lambda: bare_forward(x, encoder, plan, count)),
        "plain pipeline": (
            len(files),
            lambda: plain_pipeline(files, encoder, plan.batch_size, options.workers),
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(options.rounds):
        for name, (done, job) in jobs.items():
            began = time.perf_counter()
            job()
            rates[name].append(done / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "encoder": options.encoder,
        "size": encoder.spec.size,
        "pictures": f"{count} JPEG" + ("" if options.pictures else f" of {options.side} px"),
        "plan": dataclasses.asdict(plan),
        "rounds": options.rounds,
        "plain_workers": options.workers,
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "machine": platform.processor() or platform.machine(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "torch": torch.__version__,
        "per_second": {name: round(value, 1) for name, value in medians.items()},
        "of_forward": round(medians["embed from a collection"] / medians["forward alone"], 3),
        "times_plain": round(medians["embed from a collection"] / medians["plain pipeline"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="timm:resnet18:untrained")
    parser.add_argument("--size", type=int, help="side of the network's input, if another than its own")
    parser.add_argument("--pictures", help="a folder of JPEG files instead of made ones")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--side", type=int, default=264, help="of the made pictures")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of the plain pipeline")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        report = measure(options, Path(work))
    if options.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:14} {value}")


if __name__ == "__main__":
    main()
