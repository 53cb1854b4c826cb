"""The tensors of the paper's public network by the names its checkpoints have, and what becomes of them here.

The layout is that of ``SUNet_model`` in github.com/Songyu1026/LVM at 6c74f66, for pictures of 128 x 128
pixels: names, shapes and meaning, learnt by reading. None of its code is here; it has no licence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from tuningfork.encoders.lvm.swin import regions_mask

if TYPE_CHECKING:
    from torch import Tensor

    from tuningfork.encoders.lvm.shape import LVMShape

__all__ = ["PUBLIC_SIDE", "PublicTensor", "constants", "idle", "public_shape", "used"]

PUBLIC_SIDE = 128  # pixels; masks and windows in the checkpoint are made for this side alone
_SCALE, _APART = 8.0, -100.0  # QK_SCALE of its settings, and its mask between strangers
_FEATURES = 3072  # inputs of a classifying layer that it carries along, fixed for width 96


@dataclass(frozen=True)
class PublicTensor:
    """One tensor that the public network computes with."""

    theirs: str
    shape: tuple[int, ...]
    ours: str
    turn: "Callable[[Tensor], Tensor] | None" = None  # into our form; None for as it is


def public_shape(shape: "LVMShape", pooling: str = "mean") -> "LVMShape":
    """The member of the family as the public code computes it; ``pooling`` alone is free."""
    return replace(
        shape,
        skips="full",
        stem="paper",
        local=False,
        taps="inputs",
        upsampling="paper",
        scale=_SCALE,
        apart=_APART,
        pooling=pooling,
    )


def used(shape: "LVMShape") -> Iterator[PublicTensor]:
    """Every tensor that the public forward pass uses."""
    yield from _stem(shape)
    last = len(shape.depths) - 1
    for i, dim in enumerate(shape.widths):
        yield from _blocks(shape, i, f"layers.{i}.blocks.", f"encoder.stages.{i}.")
        if i < last:
            there, here = f"layers.{i}.downsample.", f"encoder.merges.{i}."
            yield PublicTensor(f"{there}reduction.weight", (2 * dim, 4 * dim), f"{here}reduce.weight")
            yield from _norm(f"{there}norm.", f"{here}norm.", 4 * dim)
    yield from _norm("norm.", "encoder.norm.", shape.dim)
    for k in range(last):
        i = last - 1 - k
        dim = shape.widths[i]
        there = "layers_up.0." if k == 0 else f"layers_up.{k}.upsample."
        yield from _up(there, f"decoder.ups.{k}.", 2 * dim, 2, dim)
        yield from _linear(f"concat_back_dim.{k + 1}.", f"decoder.fuse.{k}.", dim, 2 * dim)
        yield from _blocks(shape, i, f"layers_up.{k + 1}.blocks.", f"decoder.stages.{k}.")
    yield from _norm("norm_up.", "decoder.up4.0.", shape.width)
    yield from _up("up.", "decoder.up4.1.", shape.width, 4, shape.width)
    yield PublicTensor("low_conv.weight", (shape.channels, shape.width, 1, 1), "decoder.paint.weight")
    yield PublicTensor("low_conv.bias", (shape.channels,), "decoder.paint.bias")


def constants(shape: "LVMShape") -> "dict[str, Tensor]":
    """Tensors of the checkpoint that are no weights but follow from the sizes, as they have to be."""
    last, found = len(shape.depths) - 1, {}
    for i, depth in enumerate(shape.depths):
        stages = [f"layers.{i}."] + ([f"layers_up.{last - i}."] if i < last else [])
        side, window = _side_and_window(shape, i)
        places, masks = _places(window), None
        if side > window:
            masks = regions_mask((side, side), (side, side), window, window // 2, shape.apart)
        for name in (f"{stage}blocks.{k}." for stage in stages for k in range(depth)):
            found[f"{name}attn.relative_position_index"] = places
            if masks is not None and int(name.split(".")[3]) % 2:
                found[f"{name}attn_mask"] = masks
    return found


def idle(shape: "LVMShape") -> dict[str, tuple[int, ...]]:
    """Tensors of layers that the public network has but never runs; name -> shape."""
    return {
        "prelu.weight": (1,),
        "output_class.0.weight": (256, _FEATURES),
        "output_class.0.bias": (256,),
        "output_class.2.weight": (5, 256),
        "output_class.2.bias": (5,),
        "output_re.weight": (shape.channels, shape.width, 3, 3),
    }


def _stem(shape: "LVMShape") -> Iterator[PublicTensor]:
    width = shape.width
    yield PublicTensor("conv_first.weight", (width, shape.channels, 3, 3), "encoder.stem.first.weight")
    yield PublicTensor("conv_first.bias", (width,), "encoder.stem.first.bias")
    yield PublicTensor("patch_embed.proj.weight", (width, width, 4, 4), "encoder.stem.patches.weight")
    yield PublicTensor("patch_embed.proj.bias", (width,), "encoder.stem.patches.bias")
    yield from _norm("patch_embed.norm.", "encoder.stem.norm.", width)


def _blocks(shape: "LVMShape", stage: int, theirs: str, ours: str) -> Iterator[PublicTensor]:
    dim, heads = shape.widths[stage], shape.heads[stage]
    _, window = _side_and_window(shape, stage)
    for k in range(shape.depths[stage]):
        there, here = f"{theirs}{k}.", f"{ours}{k}."
        yield from _norm(f"{there}norm1.", f"{here}norm1.", dim)
        yield from _linear(f"{there}attn.qkv.", f"{here}attention.qkv.", 3 * dim, dim)
        yield from _linear(f"{there}attn.proj.", f"{here}attention.out.", dim, dim)
        yield PublicTensor(
            f"{there}attn.relative_position_bias_table",
            ((2 * window - 1) ** 2, heads),
            f"{here}attention.bias",
            _BiasTable(window, shape.window),
        )
        yield from _norm(f"{there}norm2.", f"{here}norm2.", dim)
        yield from _linear(f"{there}mlp.fc1.", f"{here}mlp.0.", 4 * dim, dim)
        yield from _linear(f"{there}mlp.fc2.", f"{here}mlp.2.", dim, 4 * dim)


def _up(there: str, here: str, dim: int, factor: int, out: int) -> Iterator[PublicTensor]:
    """Its convolutions of 1 x 1 pixel are our linear layers."""
    for theirs, rows, columns, ours in (
        ("up_p.0.weight", out * factor**2, dim, "crisp.weight"),
        ("up_p.3.weight", out, out, "crisp_out.weight"),
        ("up_b.0.weight", dim, dim, "soft.weight"),
        ("up_b.3.weight", out, dim, "soft_out.weight"),
        ("conv.weight", out, 2 * out, "join.weight"),
    ):
        yield PublicTensor(there + theirs, (rows, columns, 1, 1), here + ours, _without_kernel)
    yield PublicTensor(f"{there}up_b.0.bias", (dim,), f"{here}soft.bias")
    yield PublicTensor(f"{there}up_p.1.weight", (1,), f"{here}crisp_bend.weight")
    yield PublicTensor(f"{there}up_b.1.weight", (1,), f"{here}soft_bend.weight")


def _norm(there: str, here: str, dim: int) -> Iterator[PublicTensor]:
    for part in ("weight", "bias"):
        yield PublicTensor(there + part, (dim,), here + part)


def _linear(there: str, here: str, rows: int, columns: int) -> Iterator[PublicTensor]:
    yield PublicTensor(f"{there}weight", (rows, columns), f"{here}weight")
    yield PublicTensor(f"{there}bias", (rows,), f"{here}bias")


def _without_kernel(weight: "Tensor") -> "Tensor":
    return weight.flatten(1)


@dataclass(frozen=True)
class _BiasTable:
    """A table of position biases, (offsets of a window, heads), as (heads, rows, columns) of our window.

    Where the public network shrank its window to a small map, ours keeps the larger table; the offsets that
    such a map does not have get those of the nearest one, for larger pictures.
    """

    window: int
    largest: int

    def __call__(self, table: "Tensor") -> "Tensor":
        side, more = 2 * self.window - 1, self.largest - self.window
        square = table.T.reshape(1, table.shape[1], side, side)
        return F.pad(square, (more,) * 4, mode="replicate")[0]


def _side_and_window(shape: "LVMShape", stage: int) -> tuple[int, int]:
    """Tokens along a side of the stage's map of a public picture, and along its windows."""
    side = PUBLIC_SIDE // shape.strides[stage]
    return side, min(side, shape.window)


def _places(window: int) -> "Tensor":
    """Of every pair of a window's tokens, the row of its bias in the table, (window^2, window^2)."""
    row, column = torch.arange(window**2) // window, torch.arange(window**2) % window
    apart = [n[:, None] - n[None, :] + window - 1 for n in (row, column)]
    return apart[0] * (2 * window - 1) + apart[1]
