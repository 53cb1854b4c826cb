"""The network of the paper's public code by its checkpoint's names, for pictures of 128 x 128 pixels: the
shapes, and a slow rebuild of what it computes, in our own words. See `tests.encoders.slow`."""

from itertools import product

import numpy as np
import torch

from tests.encoders.slow import (
    bilinear,
    convolve,
    layer_norm,
    linear,
    merge,
    pixel_shuffle,
    prelu,
    swin_layer,
    within,
)

__all__ = ["public_features", "public_forward", "public_state"]


_NAMES = {"attn.qkv": "attention.qkv", "attn.proj": "attention.out", "mlp.fc1": "mlp.0", "mlp.fc2": "mlp.2"}


class _Checkpoint:
    """Tensors with random numbers, name by name."""

    def __init__(self):
        self.tensors = {}

    def put(self, name, tensor):
        self.tensors[f"swin_unet.{name}"] = tensor

    def weight(self, name, *shape, scale=1.0):
        self.put(f"{name}.weight", torch.randn(shape) * scale * torch.Size(shape[1:]).numel() ** -0.5)

    def biased(self, name, *shape, scale=1.0):
        self.weight(name, *shape, scale=scale)
        self.put(f"{name}.bias", 0.1 * torch.randn(shape[0]))

    def norm(self, name, size):
        self.put(f"{name}.weight", 1 + 0.2 * torch.randn(size))
        self.put(f"{name}.bias", 0.1 * torch.randn(size))

    def bend(self, name):
        self.put(f"{name}.weight", torch.rand(1))

    def block(self, name, dim, heads, side, shifted):
        window = min(side, 8)
        row, column = np.divmod(np.arange(window**2), window)
        index = (row[:, None] - row + window - 1) * (2 * window - 1) + column[:, None] - column + window - 1
        self.norm(f"{name}.norm1", dim)
        self.put(f"{name}.attn.relative_position_bias_table", torch.randn((2 * window - 1) ** 2, heads))
        self.put(f"{name}.attn.relative_position_index", torch.from_numpy(index))
        if shifted and side > window:
            self.put(f"{name}.attn_mask", torch.from_numpy(_strangers(side, window, window // 2)))
        self.biased(f"{name}.attn.qkv", 3 * dim, dim, scale=0.3)
        self.biased(f"{name}.attn.proj", dim, dim)
        self.norm(f"{name}.norm2", dim)
        self.biased(f"{name}.mlp.fc1", 4 * dim, dim)
        self.biased(f"{name}.mlp.fc2", dim, 4 * dim)

    def up(self, name, dim, factor, out):
        self.weight(f"{name}.conv", out, 2 * out, 1, 1)
        self.weight(f"{name}.up_p.0", out * factor**2, dim, 1, 1)
        self.bend(f"{name}.up_p.1")
        self.weight(f"{name}.up_p.3", out, out, 1, 1)
        self.biased(f"{name}.up_b.0", dim, dim, 1, 1)
        self.bend(f"{name}.up_b.1")
        self.weight(f"{name}.up_b.3", out, dim, 1, 1)


def public_state(width, depth, heads, seed=0):
    """A checkpoint's tensors; ``depth`` layers in each of four stages."""
    torch.manual_seed(seed)
    made = _Checkpoint()
    made.bend("prelu")
    made.biased("conv_first", width, 3, 3, 3)
    made.biased("patch_embed.proj", width, width, 4, 4)
    made.norm("patch_embed.norm", width)
    stages = [(f"layers.{i}", i) for i in range(4)] + [(f"layers_up.{k}", 3 - k) for k in (1, 2, 3)]
    for (name, i), k in product(stages, range(depth)):
        made.block(f"{name}.blocks.{k}", width * 2**i, heads, 32 // 2**i, shifted=k % 2 == 1)
    for i in range(3):
        dim = width * 2**i
        made.weight(f"layers.{i}.downsample.reduction", 2 * dim, 4 * dim)
        made.norm(f"layers.{i}.downsample.norm", 4 * dim)
        made.biased(f"concat_back_dim.{3 - i}", dim, 2 * dim)
    for name, dim in (("layers_up.0", 8), ("layers_up.1.upsample", 4), ("layers_up.2.upsample", 2)):
        made.up(name, dim * width, 2, dim * width // 2)
    made.norm("norm", 8 * width)
    made.norm("norm_up", width)
    made.up("up", width, 4, width)
    made.biased("output_class.0", 256, 3072)
    made.biased("output_class.2", 5, 256)
    made.weight("output_re", 3, width, 3, 3)
    made.biased("low_conv", 3, width, 1, 1)
    return made.tensors


def _strangers(side, window, shift):
    """-100 between tokens of a rolled window that stood apart before the roll, (windows, T, T)."""
    before = (np.arange(side) + shift) % side
    group = (before < shift).astype(int)  # those the roll brought round from the other edge
    windows = []
    for r in range(0, side, window):
        for c in range(0, side, window):
            pairs = [(group[r + a], group[c + b]) for a in range(window) for b in range(window)]
            codes = np.array([2 * a + b for a, b in pairs])
            windows.append(np.where(codes[:, None] == codes, 0.0, -100.0))
    return np.array(windows, np.float32)


def public_forward(picture, state, depth, heads):
    """A picture [128, 128, 3] in double -> what is painted, and the tokens [16, 8 * width]."""
    p = {name.removeprefix("swin_unet."): value.double().numpy() for name, value in state.items()}
    x = convolve(picture, within(p, "conv_first."))
    x = convolve(x, within(p, "patch_embed.proj."), stride=4, pad=0)
    x = layer_norm(x, within(p, "patch_embed.norm."))
    entered = []
    for i in range(4):
        entered.append(x)
        x = _blocks(x, within(p, f"layers.{i}.blocks."), depth, heads)
        if i < 3:
            down = within(p, f"layers.{i}.downsample.")
            down["reduce.weight"] = down["reduction.weight"]
            x = merge(x, down)
    features = layer_norm(x, within(p, "norm."))
    x = _up(features, within(p, "layers_up.0."), 2)
    for k in (1, 2, 3):
        x = linear(np.concatenate([x, entered[3 - k]], -1), within(p, f"concat_back_dim.{k}."))
        x = _blocks(x, within(p, f"layers_up.{k}.blocks."), depth, heads)
        if k < 3:
            x = _up(x, within(p, f"layers_up.{k}.upsample."), 2)
    x = _up(layer_norm(x, within(p, "norm_up.")), within(p, "up."), 4)
    return linear(x, within(p, "low_conv.")), features.reshape(-1, features.shape[-1])


def public_features(tokens):
    """The numbers its scripts write to a table: each channel's means of four tokens, cut off after [dim]."""
    dim = tokens.shape[1]
    means = [tokens[g : g + 4, channel].mean() for channel in range(dim) for g in range(0, len(tokens), 4)]
    return np.array(means[:dim])


def _blocks(x, p, depth, heads):
    window = min(x.shape[0], 8)
    side = 2 * window - 1
    for k in range(depth):
        block = within(p, f"{k}.")
        names = {
            "attn.qkv": "attention.qkv",
            "attn.proj": "attention.out",
            "mlp.fc1": "mlp.0",
            "mlp.fc2": "mlp.2",
        }
        for there, here in names.items():
            block |= {f"{here}.{part}": block[f"{there}.{part}"] for part in ("weight", "bias")}
        block["attention.bias"] = block["attn.relative_position_bias_table"].T.reshape(heads, side, side)
        x = swin_layer(x, block, heads, window, k % 2 == 1, scale=8.0)
    return x


def _up(x, p, factor):
    crisp = prelu(linear(x, within(p, "up_p.0.")), within(p, "up_p.1."))
    crisp = linear(pixel_shuffle(crisp, factor), within(p, "up_p.3."))
    soft = prelu(linear(x, within(p, "up_b.0.")), within(p, "up_b.1."))
    soft = linear(bilinear(soft, factor), within(p, "up_b.3."))
    return linear(np.concatenate([crisp, soft], -1), within(p, "conv."))
