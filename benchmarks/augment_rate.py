"""Views per second: ours, made in batches, against torchvision's v2 transforms, one picture after another.

Both make the chain of Ma 2023 (section 4.2: middle, turn, part at full size, mirror images, normalised) from
the same decoded pictures on the same threads, in turn so that a busy moment meets both. The second table is
the share of a short training's time that the network waits for its input, with the network of the name.

Example: python benchmarks/augment_rate.py --network timm:resnet18 --size 96
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.tasks.classification.batches import BatchMaker, EpochBatches
from tuningfork.tasks.classification.frames import LabelledFrames
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.vision_ops import ensure_vision_ops

MEAN, STD = (0.046, 0.041, 0.030), (0.090, 0.075, 0.065)


def frames(count: int, side: int) -> LabelledFrames:
    """Noisy blobs, uint8."""
    rng = np.random.default_rng(0)
    steps = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    light = np.exp(-(steps**2).sum(0) * 9) * 160
    pixels = np.clip(light + rng.normal(12, 4, (count, 3, side, side)), 0, 255).astype(np.uint8)
    return LabelledFrames(
        torch.from_numpy(pixels), torch.full((count,), 0.3), torch.from_numpy(rng.integers(0, 5, count))
    )


def per_sample(
    pictures: LabelledFrames, size: int, batch: int, share: float
) -> Callable[[int], torch.Tensor]:
    """Torchvision's transforms on tensors, which are faster than on PIL images; then stacked."""
    ensure_vision_ops()
    from torchvision.transforms import v2

    side = pictures.pixels.shape[-1]
    chain = v2.Compose(
        [
            v2.CenterCrop(min(side, round(side * share * 256 / 240))),
            v2.RandomRotation(25, interpolation=v2.InterpolationMode.BILINEAR),
            v2.RandomResizedCrop(size, scale=(0.9, 1), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )

    def make(number: int) -> torch.Tensor:
        picks = np.arange(number * batch, (number + 1) * batch) % len(pictures.pixels)
        return torch.stack([chain(pictures.pixels[pick]) for pick in picks])

    return make


def rates(ways: dict[str, Callable[[int], object]], batch: int, repeats: int, count: int) -> dict[str, float]:
    """Views per second of each way, median over the repeats, taken in turn."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for make in ways.values():
        make(0)
    for _ in range(repeats):
        for name, make in ways.items():
            began = time.perf_counter()
            for number in range(count):
                make(number)
            found[name].append(batch * count / (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in found.items()}


def waiting(
    network: str, settings: ClassifierSettings, pictures: LabelledFrames, steps: int
) -> dict[str, float]:
    """What a training of so many steps says of itself: share of time waited, images per second."""
    from dataclasses import replace

    from tuningfork.tasks.classification.targets import ClassTarget
    from tuningfork.tasks.classification.topped import new_topped
    from tuningfork.training import EngineSettings, RunFolder, fit
    from tuningfork.training.run_folder import read_metrics

    whole, _, _ = new_topped(replace(settings, network=network), 5)
    target = ClassTarget(tuple("abcde"), 0.05)
    maker = BatchMaker(pictures, settings, Preprocessing(settings.size, mean=MEAN, std=STD))
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "run", {})
        fit(
            whole,
            lambda net, batch: (target.loss(net(batch[0]).float(), batch[1]), {}),
            lambda epoch: EpochBatches(maker, epoch, steps),
            steps,
            EngineSettings(epochs=2),
            run,
            quiet=True,
        )
        last = read_metrics(run.path / "metrics.csv")[-1]  # the first epoch has the start in it
    return {name: float(last[name]) for name in ("waiting", "images_per_second")}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--side", type=int, default=264, help="of the decoded pictures")
    words.add_argument("--size", type=int, default=96, help="of a view")
    words.add_argument("--batch", type=int, default=24)
    words.add_argument("--count", type=int, default=10, help="batches in a measurement")
    words.add_argument("--repeats", type=int, default=5)
    words.add_argument("--threads", type=int, default=torch.get_num_threads())
    words.add_argument("--network", default="timm:resnet18")
    words.add_argument("--steps", type=int, default=12)
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    torch.set_num_threads(asked.threads)
    share = 240 / 264
    settings = ClassifierSettings(
        size=asked.size, batch=asked.batch, seen=10**9, views="ma2023", window="frame", zoom=share
    )
    # the trainings decode to twice the view's side at most, 132 at least: ours reads from such frames too
    side = min(asked.side, max(132, 2 * asked.size))
    large = frames(4 * asked.batch, asked.side)
    small = frames(4 * asked.batch, side)
    preprocessing = Preprocessing(asked.size, mean=MEAN, std=STD)
    ways: dict[str, Callable[[int], object]] = {}
    for name, pictures in {f"from {asked.side} px": large, f"from {side} px": small}.items():
        maker = BatchMaker(pictures, settings, preprocessing)
        ways[f"ours {name}"] = lambda number, maker=maker: maker.make(number, 0, 1)
        ways[f"torchvision v2 {name}"] = per_sample(pictures, asked.size, asked.batch, share)
    found = rates(ways, asked.batch, asked.repeats, asked.count)
    told = waiting(asked.network, settings, small, asked.steps)
    if asked.json:
        print(json.dumps({"views_per_second": found, "training": told, **vars(asked)}))
        return
    for name, rate in found.items():
        print(f"{name:32s} {rate:10,.0f} views/s")
    print(f"{asked.network}: waiting {told['waiting']:.1%}, {told['images_per_second']:,.0f} images/s")


if __name__ == "__main__":
    main()
