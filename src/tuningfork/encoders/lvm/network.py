"""The encoder of the large vision model: four stages of Swin layers, and the embedding.

Source: Fu et al. 2024, section II.A and figure 1. Where ours differs is a switch of `LVMShape`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.lvm.stems import Local, PaperStem, Stem
from tuningfork.encoders.lvm.swin import Merge, SwinStage, initialise

__all__ = ["LVMEncoder", "public_pooling"]


class LVMEncoder(nn.Module):
    """Stages of Swin layers with patch merging between, local convolutions before all but the last.

    Any image size: maps are as large as the image over the stride, rounded up; what is missing for whole
    patches or windows is padded, kept out of the attention and cut off again.
    """

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.shape = shape
        rates = torch.linspace(0, shape.drop_path, sum(shape.depths), device="cpu").tolist()
        self.stem = (PaperStem if shape.stem == "paper" else Stem)(shape.channels, shape.width)
        self.local, self.stages, self.merges = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i, (dim, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
            before = sum(shape.depths[:i])
            self.stages.append(SwinStage(shape, i, rates[before : before + depth]))
            if i + 1 < len(shape.depths):
                if shape.local:
                    self.local.append(Local(dim))
                self.merges.append(Merge(dim))
        self.norm = nn.LayerNorm(shape.dim)
        self.out = nn.Linear(shape.dim, shape.dim) if shape.pooling == "mean" else nn.Identity()
        self.apply(initialise)
        if isinstance(self.out, nn.Linear):
            nn.init.eye_(self.out.weight)

    def maps(self, x: Tensor) -> list[Tensor]:
        """All stages' maps, finest first, each (B, H / stride, W / stride, C)."""
        x, maps = self.stem(x), []
        for i, stage in enumerate(self.stages):
            entered = x
            x = stage(self.local[i](x) if i < len(self.local) else x)
            maps.append(entered if self.shape.taps == "inputs" and i < len(self.merges) else x)
            if i < len(self.merges):
                x = self.merges[i](x)
        maps[-1] = self.norm(maps[-1])
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Embed a batch (B, C, H, W) of unit pixels: (B, dim)."""
        return self.pool(self.maps(x))

    def pool(self, maps: list[Tensor]) -> Tensor:
        """The embedding (B, dim) that belongs to the maps."""
        if self.shape.pooling == "public":
            return public_pooling(maps[-1])
        return self.out(maps[-1].mean((1, 2)))


def public_pooling(coarsest: Tensor) -> Tensor:
    """The numbers that the paper's public code writes into its table of features, (B, H, W, C) -> (B, C).

    It takes the tokens row by row, means each four of them for every channel, sets these means down channel
    after channel, and keeps the first C. Of 128 pixels a side, which make 4 x 4 tokens, that is the means of
    the four rows of the first quarter of the channels; the others are never looked at. Where there are fewer
    than four tokens, the mean is over all.
    """
    tokens = coarsest.flatten(1, 2).transpose(1, 2)  # (B, C, T)
    four = min(4, tokens.shape[-1])
    return F.avg_pool1d(tokens, four, four).flatten(1)[:, : coarsest.shape[-1]]
