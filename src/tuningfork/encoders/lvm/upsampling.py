"""Two learned ways back to finer maps.

Two branches each, because pixel shuffle alone leaves a chequered pattern and bilinear alone blurs (Fan et
al. 2022, SUNet).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["DualUpsample", "Upsample"]


class Upsample(nn.Module):
    """The sum of a pixel-shuffle branch and a bilinear branch, (B, H, W, C) -> (B, 2H, 2W, C / 2)."""

    def __init__(self, dim: int):
        super().__init__()
        self.shuffle = nn.Linear(dim, 2 * dim, bias=False)
        self.smooth = nn.Linear(dim, dim // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        crisp = F.pixel_shuffle(self.shuffle(x).permute(0, 3, 1, 2), 2)
        return (crisp + _finer(self.smooth(x).permute(0, 3, 1, 2), 2)).permute(0, 2, 3, 1)


class DualUpsample(nn.Module):
    """Dual up-sampling as in the paper's public code, (B, H, W, C) -> (B, fH, fW, out).

    A pixel-shuffle and a bilinear branch, each a linear layer before the step up and one after it with a
    PReLU between, set side by side and joined by a linear layer.
    """

    def __init__(self, dim: int, factor: int, out: int):
        super().__init__()
        self.factor = factor
        self.crisp = nn.Linear(dim, out * factor**2, bias=False)
        self.crisp_bend, self.crisp_out = nn.PReLU(), nn.Linear(out, out, bias=False)
        self.soft = nn.Linear(dim, dim)
        self.soft_bend, self.soft_out = nn.PReLU(), nn.Linear(dim, out, bias=False)
        self.join = nn.Linear(2 * out, out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        crisp = self.crisp_bend(self.crisp(x)).permute(0, 3, 1, 2)
        crisp = self.crisp_out(F.pixel_shuffle(crisp, self.factor).permute(0, 2, 3, 1))
        # A linear layer and an interpolation may change places: this one before costs less.
        soft = self.soft_out(self.soft_bend(self.soft(x))).permute(0, 3, 1, 2)
        return self.join(torch.cat([crisp, _finer(soft, self.factor).permute(0, 2, 3, 1)], -1))


def _finer(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
