"""Images per second of the LVM family: a training step and inference, beside plain ways of the same network.

Rows, all with the same random tensors, taken in turn so that a busy moment meets all of them:

- ``plain``: attention written out (scores, bias, mask, softmax, product), float32; what one writes first
- ``ours``: the network as it is, float32
- ``ours bf16``: the network as `embed` and pre-training run it, autocast to bfloat16
- ``timm``, ``timm bf16``: timm's Swin with the same widths, depths, heads and window (encoder only, so it is
  compared with our encoder)
- with ``--compile``: ours bf16 through torch.compile

A training step is forward, mean squared error of the painting, backward and a step of Adam; of the encoder
alone, the mean square of the embedding stands for the error. On a GPU memory and the share of the measured
rate of a large bfloat16 matrix product are printed too.

Example: python benchmarks/lvm_rate.py --member lvm-tiny --batch 16 --repeats 3
Cost against image size and batch: python benchmarks/lvm_rate.py --member lvm-tiny --costs
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from tuningfork.encoders.lvm.family import LVM, SHAPES, side_of
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.lvm.swin import WindowAttention
from tuningfork.vision_ops import ensure_vision_ops


class PlainAttention(WindowAttention):
    """The same attention, written out."""

    def forward(self, x: Tensor, window: int, mask: Tensor | None) -> Tensor:
        n, tokens, dim = x.shape
        head = dim // self.heads
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        scores = (q * (self.scale or head**-0.5)) @ k.transpose(-2, -1) + self.position_bias(window)
        if mask is not None:
            among = scores.reshape(-1, len(mask), self.heads, tokens, tokens)
            scores = (among + mask[:, None]).reshape(n, self.heads, tokens, tokens)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, tokens, dim))


class Reconstruction(nn.Module):
    """The whole network: what its training step costs."""

    def __init__(self, network: LVM):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.reconstruct(x)


def shape_of(asked: argparse.Namespace) -> LVMShape:
    """The member's shape; ``--bare`` leaves out what timm's Swin does not have."""
    shape = SHAPES[asked.member]
    return replace(shape, stem="paper", local=False) if asked.bare else shape


def networks(shape: LVMShape, side: int) -> dict[str, tuple[nn.Module, nn.Module, bool]]:
    """Row -> encoder, whole network, in bfloat16 or not; timm has no decoder."""
    ensure_vision_ops()
    from timm.models.swin_transformer import SwinTransformer

    torch.manual_seed(0)
    ours, plain = LVM(shape), LVM(shape)
    plain.load_state_dict(ours.state_dict())
    for module in plain.modules():
        if isinstance(module, WindowAttention):
            module.__class__ = PlainAttention
    swin = SwinTransformer(
        img_size=side,
        embed_dim=shape.width,
        depths=shape.depths,
        num_heads=shape.heads,
        window_size=shape.window,
        num_classes=0,
        drop_path_rate=0.0,
    )
    return {
        "plain": (plain.encoder, Reconstruction(plain), False),
        "ours": (ours.encoder, Reconstruction(ours), False),
        "ours bf16": (ours.encoder, Reconstruction(ours), True),
        "timm": (swin, swin, False),
        "timm bf16": (swin, swin, True),
    }


def steps(encoder: nn.Module, whole: nn.Module, half: bool, x: Tensor) -> dict[str, Callable[[], None]]:
    """What is timed, by name."""
    kind = x.device.type

    def inference() -> None:
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=half):
            encoder.eval()(x)

    def training(network: nn.Module) -> Callable[[], None]:
        optimiser = torch.optim.Adam(network.parameters(), 1e-4)

        def step() -> None:
            network.train()
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(kind, torch.bfloat16, enabled=half):
                made = network(x)
            loss = (made.float() - x).square().mean() if made.ndim == 4 else made.float().square().mean()
            loss.backward()
            optimiser.step()

        return step

    timed = {"inference": inference, "encoder step": training(encoder)}
    return timed if whole is encoder else {**timed, "training step": training(whole)}


def measure(timed: dict[str, Callable[[], None]], repeats: int, device: str) -> dict[str, list[float]]:
    """Seconds of each, in turn; the first round of all is not counted."""
    found: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(repeats + 1):
        for name, step in timed.items():
            wait(device)
            start = time.perf_counter()
            step()
            wait(device)
            if number:
                found[name].append(time.perf_counter() - start)
    return found


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def product_rate(device: str) -> float:
    """Operations per second of a large bfloat16 matrix product: the machine's measured peak."""
    n = 8192 if device == "cuda" else 2048
    a = torch.randn(n, n, device=device, dtype=torch.bfloat16)
    made = torch.empty_like(a)
    seconds = measure({"product": lambda: torch.matmul(a, a, out=made)}, 5, device)["product"]
    return 2 * n**3 / statistics.median(seconds)


def operations(step: Callable[[], None]) -> int:
    """Floating-point operations of matrix products in a step, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """All rows of one member."""
    side = asked.side or side_of(asked.member)
    x = torch.rand(asked.batch, SHAPES[asked.member].channels, side, side, device=asked.device)
    every = networks(shape_of(asked), side)
    if asked.compile:
        encoder, whole, _ = every["ours bf16"]
        every["ours bf16 compiled"] = (torch.compile(encoder), torch.compile(whole), True)  # pyright: ignore
    timed = {
        f"{row}, {what}": step
        for row, (encoder, whole, half) in every.items()
        for what, step in steps(encoder.to(asked.device), whole.to(asked.device), half, x).items()
    }
    seconds = {
        name: statistics.median(took) for name, took in measure(timed, asked.repeats, asked.device).items()
    }
    rows = [
        {"what": name, "images_per_s": asked.batch / s, "seconds": s, **extra(timed[name], s, asked)}
        for name, s in seconds.items()
    ]
    compared = {
        "training step, ours bf16 over plain": ("ours bf16", "plain", "training step"),
        "inference, ours bf16 over plain": ("ours bf16", "plain", "inference"),
        "inference, ours over timm": ("ours", "timm", "inference"),
        "inference, ours over timm, bf16": ("ours bf16", "timm bf16", "inference"),
        "encoder step, ours over timm, bf16": ("ours bf16", "timm bf16", "encoder step"),
    }
    ratio = {
        name: seconds[f"{slow}, {what}"] / seconds[f"{fast}, {what}"]
        for name, (fast, slow, what) in compared.items()
    }
    return {"conditions": conditions(asked, side), "rows": rows, "ratios": ratio}


def extra(step: Callable[[], None], seconds: float, asked: argparse.Namespace) -> dict[str, float]:
    """Memory and share of the machine's peak, on a GPU."""
    if asked.device != "cuda":
        return {}
    torch.cuda.reset_peak_memory_stats()
    step()
    memory = torch.cuda.max_memory_allocated() / 2**30
    return {"GiB": memory, "share_of_peak": operations(step) / seconds / asked.peak}


def conditions(asked: argparse.Namespace, side: int) -> dict[str, Any]:
    name = (
        torch.cuda.get_device_name() if asked.device == "cuda" else platform.processor() or platform.machine()
    )
    return {
        "member": asked.member + " bare" * asked.bare,
        "batch": asked.batch,
        "side": side,
        "repeats": asked.repeats,
        "device": name,
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "torch": torch.__version__,
    }


def costs(asked: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds an image in bfloat16, against side (at the batch asked for) and against batch."""
    shape, side = shape_of(asked), side_of(asked.member)
    network = LVM(shape).to(asked.device)
    cases = [(s, asked.batch) for s in (32, 64, 96, 128, 160, 192)] + [
        (side, b) for b in (1, 2, 4, 8, 16, 32)
    ]
    rows = []
    for pixels, batch in dict.fromkeys(cases):
        x = torch.rand(batch, shape.channels, pixels, pixels, device=asked.device)
        timed = steps(network.encoder, Reconstruction(network), True, x)
        wanted = {name: timed[name] for name in ("inference", "training step")}
        took = measure(wanted, asked.repeats, asked.device)
        cost = {name: 1e3 * statistics.median(seconds) / batch for name, seconds in took.items()}
        rows.append({"what": f"{pixels} pixels, batch {batch}, ms an image:", **cost})
    return {"conditions": conditions(asked, side), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--member", choices=SHAPES, default="lvm-tiny")
    parser.add_argument(
        "--bare", action="store_true", help="without local convolutions, with the paper's stem"
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, help="pixels; what the member is made for by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--costs", action="store_true", help="only milliseconds against side and batch")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    asked.peak = product_rate(asked.device) if asked.device == "cuda" else 0.0
    done = costs(asked) if asked.costs else run(asked)
    if asked.json:
        print(json.dumps(done))
        return
    print(", ".join(f"{key} {value}" for key, value in done["conditions"].items()))
    for row in done["rows"]:
        numbers = (f"{key} {value:.4g}" for key, value in row.items() if key != "what")
        print(f"{row['what']:38}", "  ".join(numbers))
    for name, ratio in done.get("ratios", {}).items():
        print(f"{name:40} {ratio:10.2f}")


if __name__ == "__main__":
    main()
