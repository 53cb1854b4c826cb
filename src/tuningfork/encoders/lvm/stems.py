"""From pixels to the first tokens, and the local convolutions beside the Swin layers."""

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Local", "PaperStem", "Stem"]


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
        y = F.gelu(self.norm1(self.first(y)))
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
        """(B, C, H, W) -> (B, H / 4, W / 4, width), rounded up."""
        x = F.gelu(self.norm1(self.first(x)))
        x = self.local(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return F.gelu(self.norm2(self.second(x))).permute(0, 2, 3, 1)


class PaperStem(nn.Module):
    """A 3 x 3 convolution at full size, then separate patches of 4 x 4 pixels through a linear layer and a
    layer norm (Fu et al. 2024, section II.A; the order is that of the public code)."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, 1, 1)
        self.patches = nn.Conv2d(width, width, 4, 4)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, H / 4, W / 4, width), rounded up."""
        x = F.pad(x, (0, -x.shape[-1] % 4, 0, -x.shape[-2] % 4))
        return self.norm(self.patches(self.first(x)).permute(0, 2, 3, 1))
