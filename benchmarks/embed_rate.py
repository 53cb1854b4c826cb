"""Galaxies per second: `embed` from a collection, beside the bare forward pass and beside a plain pipeline.

The plain pipeline is what one writes first: a DataLoader with workers, Pillow, torchvision's resize, float32.
All three use the same encoder and the same JPEG files, in turn, so that a busy moment meets all of them. The
forward pass alone has the batch and precision of `embed`, and all cores at once, as torch runs it by itself.

Example: python benchmarks/embed_rate.py --encoder timm:resnet18:untrained --size 128 --json
"""

import argparse
import dataclasses
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from _measuring import machine, median_rates, pieces, tell

from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import choose_plan, embed
from tuningfork.embeddings.forward import forward
from tuningfork.encoders import Encoder, load_encoder
from tuningfork.vision_ops import ensure_vision_ops


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
        pieces(pictures, options.count, options.side, turned=True)
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
    medians = median_rates(jobs, options.rounds)
    return {
        "encoder": options.encoder,
        "size": encoder.spec.size,
        "pictures": f"{count} JPEG" + ("" if options.pictures else f" of {options.side} px"),
        "plan": dataclasses.asdict(plan),
        "rounds": options.rounds,
        "plain_workers": options.workers,
        "threads": torch.get_num_threads(),
        **machine(),
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
    tell(report, as_json=options.json)


if __name__ == "__main__":
    main()
