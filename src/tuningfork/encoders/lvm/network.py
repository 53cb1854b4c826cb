"""The large vision model: a Swin encoder that makes the embedding, and a U-shaped decoder that paints the
picture back.

Source: Fu et al. 2024, section II.A and figure 1. Ours differs where the docstrings say so.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tuningfork.encoders.lvm.swin import Merge, SwinStage, Upsample

__all__ = ["LVMDecoder", "LVMEncoder", "LVMShape"]


@dataclass(frozen=True)
class LVMShape:
    """The sizes of one member of the family."""

    channels: int = 3  # bands of the input
    width: int = 48  # channels of the first stage; each stage doubles them
    depths: tuple[int, ...] = (2, 2, 2, 2)  # Swin layers per stage
    heads: tuple[int, ...] = (2, 4, 8, 16)
    window: int = 8  # tokens along a window's side, at most
    drop_path: float = 0.0  # stochastic depth of the last layer, growing linearly from 0
    skips: str = "full"  # "full" or "none": whether the decoder sees the encoder's finer maps

    @property
    def dim(self) -> int:
        """Length of the embedding: the channels of the coarsest stage."""
        return self.width * 2 ** (len(self.depths) - 1)

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels per token of each stage, finest first."""
        return tuple(4 * 2**i for i in range(len(self.depths)))


class Local(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, on a channels-last map.

    Fu et al. put 3 x 3 convolutions along with the Swin layers; they know from birth that neighbouring
    pixels belong
    together, which attention has to learn and, from thousands of pictures, does not learn well.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.first = nn.Conv2d(dim, dim, 3, 1, 1, bias=False)
        self.second = nn.Conv2d(dim, dim, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(dim), nn.BatchNorm2d(dim)
        nn.init.zeros_(self.norm2.weight)  # the block begins as the identity

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> the same."""
        y = x.permute(0, 3, 1, 2)
        y = nn.functional.gelu(self.norm1(self.first(y)))
        return x + self.norm2(self.second(y)).permute(0, 2, 3, 1)


class Stem(nn.Module):
    """Two 3 x 3 convolutions of stride 2, each followed by local ones: patches of 4 x 4 pixels that overlap.

    The paper's 3 x 3 convolution followed by a cut into separate patches trains poorly from thousands of
    pictures;
    overlapping patches need less data (Xiao et al. 2021).
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.first = nn.Conv2d(channels, width // 2, 3, 2, 1, bias=False)
        self.second = nn.Conv2d(width // 2, width, 3, 2, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(width // 2), nn.BatchNorm2d(width)
        self.local = Local(width // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, H / 4, W / 4, width)."""
        x = nn.functional.gelu(self.norm1(self.first(x)))
        x = self.local(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return nn.functional.gelu(self.norm2(self.second(x))).permute(0, 2, 3, 1)


class LVMEncoder(nn.Module):
    """Four stages of Swin layers, local convolutions before all but the last.

    The embedding is the mean of all tokens of the coarsest map, through a linear layer, born the identity.

    The public code of the paper keeps one corner token; all of them carry the galaxy, so all are pooled here.
    """

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.shape = shape
        rates = torch.linspace(0, shape.drop_path, sum(shape.depths)).tolist()
        self.stem = Stem(shape.channels, shape.width)
        self.local, self.stages, self.merges = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i, (depth, heads) in enumerate(zip(shape.depths, shape.heads, strict=True)):
            dim, before = shape.width * 2**i, sum(shape.depths[:i])
            self.stages.append(SwinStage(dim, depth, heads, shape.window, rates[before : before + depth]))
            if i + 1 < len(shape.depths):
                self.local.append(Local(dim))
                self.merges.append(Merge(dim))
        self.norm = nn.LayerNorm(shape.dim)
        self.out = nn.Linear(shape.dim, shape.dim)
        self.apply(_initialise)
        nn.init.eye_(self.out.weight)

    def maps(self, x: Tensor) -> list[Tensor]:
        """All stages' maps, finest first, each (B, H / stride, W / stride, C)."""
        x, maps = self.stem(x), []
        for i, stage in enumerate(self.stages):
            x = stage(self.local[i](x) if i < len(self.local) else x)
            maps.append(x)
            if i < len(self.merges):
                x = self.merges[i](x)
        maps[-1] = self.norm(maps[-1])
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Embed a batch (B, C, H, W) of unit pixels: (B, dim)."""
        return self.pool(self.maps(x))

    def pool(self, maps: list[Tensor]) -> Tensor:
        """The embedding (B, dim) that belongs to the maps."""
        return self.out(maps[-1].mean((1, 2)))


class LVMDecoder(nn.Module):
    """Stages mirrored from the encoder, each after a dual up-sampling; paints (B, C, H, W) from the
    encoder's maps."""

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.shape = shape
        self.ups, self.fuse, self.stages = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i in reversed(range(len(shape.depths) - 1)):
            dim = shape.width * 2**i
            self.ups.append(Upsample(2 * dim))
            self.fuse.append(nn.Linear(2 * dim, dim) if shape.skips == "full" else nn.Identity())
            self.stages.append(
                SwinStage(dim, shape.depths[i], shape.heads[i], shape.window, [0.0] * shape.depths[i])
            )
        self.up4 = nn.Sequential(Upsample(shape.width), Upsample(shape.width // 2))
        self.paint = nn.Conv2d(shape.width // 4, shape.channels, 3, 1, 1)
        self.apply(_initialise)

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = maps[-1]
        for up, fuse, stage, finer in zip(self.ups, self.fuse, self.stages, reversed(maps[:-1]), strict=True):
            x = up(x)[:, : finer.shape[1], : finer.shape[2]]
            x = stage(fuse(torch.cat([x, finer], -1)) if self.shape.skips == "full" else x)
        return self.paint(self.up4(x).permute(0, 3, 1, 2))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
