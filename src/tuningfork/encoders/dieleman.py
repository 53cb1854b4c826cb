"""The network that won the Galaxy Zoo challenge. Dieleman, Willett & Dambre 2015, MNRAS 450, 1441."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Dieleman"]

_FRAME = 69  # pixels of the picture that viewpoints are cut from (section 5.2)
_PART = 45  # side of a viewpoint


class _Maxout(nn.Module):
    """The largest of each two numbers of a linear layer."""

    def __init__(self, dim: int, out: int):
        super().__init__()
        self.linear = nn.Linear(dim, 2 * out)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).view(len(x), -1, 2).max(2).values


class Dieleman(nn.Module):
    """Sixteen viewpoints of a galaxy through four convolutions, then two dense layers of 2048 with maxout.

    The picture, as it is and turned by 45 degrees, both also mirrored, gives each four overlapping corners,
    turned so that the middle of the galaxy lies in the same corner of all. In front of each dense layer one
    half of the numbers is dropped in training. The output layer is whoever uses the features'.

    Parameters
    ----------
    viewpoints : bool
        False: one picture of 45 pixels and no maxout, as Ma 2023's code re-makes the network.
    """

    strides = ()

    def __init__(self, viewpoints: bool = True):
        super().__init__()
        self.viewpoints, self.dim = viewpoints, 2048
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 32, 6), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Conv2d(128, 128, 3), nn.ReLU(), nn.MaxPool2d(2)),
        )
        flat = 128 * 2 * 2 * (16 if viewpoints else 1)
        dense = (
            [_Maxout(flat, 2048), nn.Dropout(0.5), _Maxout(2048, 2048)]
            if viewpoints
            else [nn.Linear(flat, 2048), nn.ReLU(), nn.Dropout(0.5), nn.Linear(2048, 2048), nn.ReLU()]
        )
        self.dense = nn.Sequential(nn.Dropout(0.5), *dense)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 3, S, S]`` of any side -> ``[N, 2048]``."""
        n = len(x)
        parts = _viewpoints(x) if self.viewpoints else _resized(x, _PART)
        return self.dense(self.features(parts).reshape(n, -1))

    def maps(self, x: Tensor) -> list[Tensor]:
        """The last map of the picture itself, ``[N, H, W, 128]``."""
        whole = self.features(_resized(x, _FRAME if self.viewpoints else _PART))
        return [whole.permute(0, 2, 3, 1)]


def _viewpoints(x: Tensor) -> Tensor:
    """``[N, 3, S, S]`` -> ``[16 N, 3, 45, 45]``, the sixteen of a galaxy beside each other."""
    n = len(x)
    whole = _resized(x, _FRAME)
    root = math.sqrt(0.5)
    turn = whole.new_tensor([[root, -root, 0.0], [root, root, 0.0]]).expand(n, 2, 3)
    grid = F.affine_grid(turn, list(whole.shape), align_corners=False)
    turned = F.grid_sample(whole, grid.to(whole.dtype), padding_mode="reflection", align_corners=False)
    found = []
    for picture in (whole, turned):
        for seen in (picture, picture.flip(3)):
            # the upper left corner, after 0, 1, 2, 3 right angles: the middle is always lower right
            found += [torch.rot90(seen, k, (2, 3))[:, :, :_PART, :_PART] for k in range(4)]
    return torch.stack(found, 1).flatten(0, 1)


def _resized(x: Tensor, side: int) -> Tensor:
    if x.shape[-1] == side:
        return x
    finer = x.shape[-1] > side  # smoothed then, which processors cannot do in bf16
    found = F.interpolate(x.float(), (side, side), mode="bilinear", antialias=finer, align_corners=False)
    return found.to(x.dtype)
