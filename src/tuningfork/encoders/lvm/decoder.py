"""The decoder of the large vision model: paints the picture back from the encoder's maps.

Source: Fu et al. 2024, section II.A and figure 1; Fan et al. 2022 (SUNet), which they follow.
"""

import torch
from torch import Tensor, nn

from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.lvm.swin import SwinStage, initialise
from tuningfork.encoders.lvm.upsampling import DualUpsample, Upsample

__all__ = ["Fusion", "GatedFusion", "LVMDecoder", "NoFusion"]


class Fusion(nn.Linear):
    """The decoder's map and the encoder's, side by side through a linear layer."""

    def __init__(self, dim: int):
        super().__init__(2 * dim, dim)

    def forward(self, x: Tensor, finer: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(B, H, W, C) twice -> the same once."""
        return super().forward(torch.cat([x, finer], -1))


class GatedFusion(nn.Module):
    """Like `Fusion`, but the decoder chooses what it takes of the encoder's map.

    With the decoder's map ``x`` and the encoder's ``e``, at each position and for each channel::

        g = sigmoid(W [x, e] + b + 2)        (born at 0.88: nearly open)
        out = F [x, g * e]

    An additive attention gate in the manner of Oktay et al. (2018), with one gate a channel. Full skips let
    the finest map carry the picture past the bottleneck; a gate that closes makes the bottleneck say it.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.gate, self.join = nn.Linear(2 * dim, dim), Fusion(dim)

    def forward(self, x: Tensor, finer: Tensor) -> Tensor:
        """(B, H, W, C) twice -> the same once."""
        return self.join(x, torch.sigmoid(self.gate(torch.cat([x, finer], -1)) + 2) * finer)


class NoFusion(nn.Module):
    """The decoder's map alone: all it knows comes through the bottleneck."""

    def __init__(self, dim: int):
        super().__init__()

    def forward(self, x: Tensor, finer: Tensor) -> Tensor:
        return x


_FUSIONS = {"full": Fusion, "gated": GatedFusion, "none": NoFusion}


class LVMDecoder(nn.Module):
    """Stages mirrored from the encoder, each after an up-sampling; paints (B, C, H, W) from the encoder's
    maps, H and W rounded up to multiples of 4."""

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.shape = shape
        paper, width, fusion = shape.upsampling == "paper", shape.width, _FUSIONS[shape.skips]
        self.ups, self.fuse, self.stages = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i in reversed(range(len(shape.depths) - 1)):
            dim = shape.widths[i]
            self.ups.append(DualUpsample(2 * dim, 2, dim) if paper else Upsample(2 * dim))
            self.fuse.append(fusion(dim))
            self.stages.append(SwinStage(shape, i, [0.0] * shape.depths[i]))
        if paper:
            self.up4 = nn.Sequential(nn.LayerNorm(width), DualUpsample(width, 4, width))
            self.paint = nn.Conv2d(width, shape.channels, 1)
        else:
            self.up4 = nn.Sequential(Upsample(width), Upsample(width // 2))
            self.paint = nn.Conv2d(width // 4, shape.channels, 3, 1, 1)
        self.apply(initialise)

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = maps[-1]
        for up, fuse, stage, finer in zip(self.ups, self.fuse, self.stages, reversed(maps[:-1]), strict=True):
            x = up(x)[:, : finer.shape[1], : finer.shape[2]]
            x = stage(fuse(x, finer))
        return self.paint(self.up4(x).permute(0, 3, 1, 2))
