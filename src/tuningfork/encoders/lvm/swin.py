"""Swin layers on feature maps of any size: window attention, shifted windows, patch merging.

Maps are channels-last here, ``(B, H, W, C)``, because attention and layer norm act on the last axis.
Source: Liu et al. 2021 (Swin Transformer), as used by Fu et al. 2024, section II.A and figure 2.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tuningfork.encoders.lvm.shape import LVMShape

__all__ = [
    "DropPath",
    "Merge",
    "SwinLayer",
    "SwinStage",
    "WindowAttention",
    "initialise",
    "regions_mask",
    "window_size_for",
]


def window_size_for(side: int, largest: int) -> int:
    """The window that tiles ``side`` without padding, at most ``largest``; padding only where no divisor of
    at least half of it exists.

    Examples
    --------
    >>> [window_size_for(side, 8) for side in (32, 24, 12, 6, 3, 22)]
    [8, 8, 6, 6, 3, 8]
    """
    if side <= largest:
        return side
    for window in range(largest, (largest + 1) // 2 - 1, -1):
        if side % window == 0:
            return window
    return largest


class DropPath(nn.Module):
    """Drop the whole residual branch of a sample with a probability (stochastic depth, Huang et al. 2016)."""

    def __init__(self, probability: float):
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.probability == 0:
            return x
        keep = torch.rand(x.shape[0], *[1] * (x.ndim - 1), device=x.device) >= self.probability
        return x * (keep / (1 - self.probability)).to(x.dtype)


class WindowAttention(nn.Module):
    """Multi-head attention inside windows of at most ``window`` x ``window`` tokens, with a learned
    relative position bias.

    ``scale`` multiplies the queries; None is one over the root of a head's width.
    """

    def __init__(self, dim: int, heads: int, window: int, scale: float | None = None):
        super().__init__()
        self.heads, self.window, self.scale = heads, window, scale
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.bias = nn.Parameter(torch.zeros(heads, 2 * window - 1, 2 * window - 1))
        nn.init.trunc_normal_(self.bias, std=0.02)

    def position_bias(self, window: int) -> Tensor:
        """Bias between all pairs of tokens of a window, (heads, window^2, window^2)."""
        step = torch.arange(window, device=self.bias.device)
        offset = (
            step[:, None] - step[None, :] + self.window - 1
        )  # (w, w): query - key, shifted to be an index
        rows = offset[:, None, :, None].expand(window, window, window, window)
        columns = offset[None, :, None, :].expand(window, window, window, window)
        return self.bias[:, rows, columns].reshape(self.heads, window**2, window**2)

    def forward(self, x: Tensor, window: int, mask: Tensor | None) -> Tensor:
        """Attend within windows: x (N, window^2, C), mask (windows of one image, window^2, window^2) or
        None."""
        n, tokens, dim = x.shape
        q, k, v = (
            self.qkv(x).reshape(n, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        )  # each (N, h, T, d)
        bias = self.position_bias(window).to(q.dtype)
        if mask is not None:
            bias = bias[None] + mask[:, None].to(q.dtype)  # (windows of one image, h, T, T)
        if q.device.type == "cpu" and q.dtype == torch.bfloat16:
            mixed = self._written_out(q, k, v, bias)
        else:
            if mask is not None:
                bias = bias.repeat(n // mask.shape[0], 1, 1, 1)  # (N, h, T, T)
            mixed = _attend(q, k, v, bias, self.scale, to=8 if q.is_cuda else 1)
        return self.out(mixed.transpose(1, 2).reshape(n, tokens, dim))

    def _written_out(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
        """Attention step by step. With windows this small and 16 bits a processor does it faster than torch's
        own attention, and no bias is copied for every window."""
        scale = self.scale or q.shape[-1] ** -0.5
        scores = (q * scale) @ k.transpose(-2, -1)
        places = scores.reshape(-1, *bias.shape[-4:]) if bias.ndim == 4 else scores
        weights = (places + bias).reshape(scores.shape).softmax(-1)
        return weights @ v


def _attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float | None, to: int) -> Tensor:
    """Torch's attention of (N, h, T, d), with heads widened by zeros to a multiple of ``to``.

    On a card, in 16 bits, the kernels that keep no table of scores take heads of multiples of 8 alone, and
    ``lvm-base`` has 12. Zeros change neither the scores nor, cut off again, what is mixed.
    """
    head = q.shape[-1]
    if head % to == 0:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=scale)
    q, k, v = (F.pad(each, (0, -head % to)) for each in (q, k, v))
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=scale or head**-0.5)
    return mixed[..., :head]


class SwinLayer(nn.Module):
    """Attention in windows, then an MLP four times as wide, each behind a layer norm and beside a shortcut;
    every second layer shifts the windows. ``scale`` and ``apart`` as in `LVMShape`."""

    def __init__(
        self,
        dim: int,
        heads: int,
        window: int,
        *,
        shifted: bool,
        drop_path: float = 0.0,
        scale: float | None = None,
        apart: float = -1e4,
    ):
        super().__init__()
        self.window, self.shifted, self.apart = window, shifted, apart
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = WindowAttention(dim, heads, window, scale)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attend(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))

    def attend(self, x: Tensor) -> Tensor:
        """Window attention over a map (B, H, W, C) whose sides need not be multiples of the window."""
        _, height, width, _ = x.shape
        window = min(window_size_for(height, self.window), window_size_for(width, self.window))
        shift = window // 2 if self.shifted and max(height, width) > window else 0
        x = F.pad(x, (0, 0, 0, -width % window, 0, -height % window))
        padded = x.shape[1:3]
        if shift:
            x = torch.roll(x, (-shift, -shift), (1, 2))
        mask = regions_mask(padded, (height, width), window, shift, self.apart, x.device)
        x = _join(self.attention(_split(x, window), window, mask), window, padded)
        if shift:
            x = torch.roll(x, (shift, shift), (1, 2))
        return x[:, :height, :width]


def _split(x: Tensor, window: int) -> Tensor:
    """(B, H, W, C) -> (B * windows, window^2, C), windows of an image row by row."""
    b, h, w, c = x.shape
    x = x.reshape(b, h // window, window, w // window, window, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, window * window, c)


def _join(x: Tensor, window: int, shape: tuple[int, int]) -> Tensor:
    """The way back of `_split` to a map of ``shape`` (H, W)."""
    h, w = shape
    x = x.reshape(-1, h // window, w // window, window, window, x.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, h, w, x.shape[-1])


def regions_mask(
    padded: tuple[int, int], real: tuple[int, int], window: int, shift: int, apart: float, device: Any = None
) -> Tensor | None:
    """``apart`` between tokens that are not neighbours on the sky: those the roll brought together, and
    padding; 0 between others; (windows, T, T), or None where all are neighbours."""
    if not shift and padded == real:
        return None
    labels = []
    for length, inside in zip(padded, real, strict=True):
        place = torch.arange(length, device=device)
        region = (place >= inside).long() * 3
        if shift:
            place = (place + shift) % length  # where the token stood before the roll
            region = (place >= inside).long() * 3 + (place < shift).long()
        labels.append(region)
    region = labels[0][:, None] * 6 + labels[1][None, :]
    grouped = _split(region[None, :, :, None], window)[..., 0]  # (windows, T)
    strangers = grouped[:, :, None] != grouped[:, None, :]
    return torch.zeros(strangers.shape, device=device).masked_fill_(strangers, apart)


class SwinStage(nn.Sequential):
    """The Swin layers of one stage of a shape, every second one shifted."""

    def __init__(self, shape: LVMShape, stage: int, drop_path: list[float]):
        dim, heads = shape.widths[stage], shape.heads[stage]
        same = {"scale": shape.scale, "apart": shape.apart}
        super().__init__(
            *[
                SwinLayer(dim, heads, shape.window, shifted=i % 2 == 1, drop_path=rate, **same)
                for i, rate in enumerate(drop_path)
            ]
        )


class Merge(nn.Module):
    """Patch merging: 2 x 2 tokens of C channels become one of 2C."""

    def __init__(self, dim: int):
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduce = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        corners = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.reduce(self.norm(torch.cat(corners, -1)))


def initialise(module: nn.Module) -> None:
    """Small random weights and no biases for linear layers, as Swin has them; for `nn.Module.apply`."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
