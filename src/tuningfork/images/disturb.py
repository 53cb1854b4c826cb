"""What else the sky and the camera do to a picture: other galaxies in view, dust, coarser pixels.

Small functions on unit pixels ``[N, C, S, S]``; nothing is drawn at random here. Unit pixels are stretched,
so a factor on them is not one on flux: near the sky the stretch is linear and it is, in bright middles the
change is the weaker, or the stronger, the more the stretch bends.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["add_neighbours", "coarsen", "redden"]


def redden(unit: Tensor, excess: Tensor, extinction: Tensor) -> Tensor:
    """Dim every picture as dust in front of it does, the blue bands more.

    Parameters
    ----------
    unit : Tensor (N, C, S, S)
    excess : Tensor (N,)
        E(B - V) in magnitudes. Away from the Milky Way 0 to 0.1; within galaxies to 0.3 and more. Below 0
        dust is taken away.
    extinction : Tensor (N, C) or (C,)
        A(band) / E(B - V), see `images.dust`; 0 leaves a band as it is.

    Returns
    -------
    Tensor (N, C, S, S)
    """
    return unit * (10 ** (-0.4 * excess[:, None] * extinction))[:, :, None, None]


def coarsen(unit: Tensor, factor: Tensor) -> Tensor:
    """Take every picture with larger pixels, and bring it back to its size: the detail between is lost.

    Parameters
    ----------
    unit : Tensor (N, C, S, S)
    factor : Tensor (N,)
        How much wider the pixels are, from 1; whole numbers of pixels are taken, at least 4 along a side.
        SDSS's pixels are 1.5 times those of the Legacy Surveys, 2.1 times those of CFHTLS.

    Returns
    -------
    Tensor (N, C, S, S)
        Each coarse pixel is a weighted mean of what lies under it; between them it goes linearly.
    """
    side = unit.shape[-1]
    sides = (side / factor).round().clamp(4, side).long()
    out = unit.clone()
    for one in sides.unique().tolist():
        if one == side:
            continue
        mine = sides == one
        small = F.interpolate(unit[mine], (one, one), mode="bilinear", antialias=True)
        out[mine] = F.interpolate(small, (side, side), mode="bilinear")
    return out


def add_neighbours(unit: Tensor, others: Tensor, where: Tensor, size: Tensor, brightness: Tensor) -> Tensor:
    """Put another galaxy, smaller and fainter, beside every one.

    Parameters
    ----------
    unit : Tensor (N, C, S, S)
    others : Tensor (N, C, S, S)
        Pictures of the galaxies to add, in their middles. Their sky (the median of the rim, per band) is
        taken off, and they fade out towards the rim, so that no square shows.
    where : Tensor (N, 2)
        Middle of the added one, x and y, in half sides from the middle (1 is the rim).
    size : Tensor (N,)
        Its scale, below 1.
    brightness : Tensor (N,)
        Factor on its pixels; 0 adds nothing.

    Returns
    -------
    Tensor (N, C, S, S)
    """
    n, _, side, _ = others.shape
    rim = torch.cat([others[:, :, 0], others[:, :, -1], others[:, :, :, 0], others[:, :, :, -1]], 2)
    faded = (others - rim.median(2).values[:, :, None, None]).clamp(min=0) * _fade(side)
    zero = torch.zeros(n)
    back = 1 / size
    affine = torch.stack([back, zero, -where[:, 0] * back, zero, back, -where[:, 1] * back], 1).view(n, 2, 3)
    grid = F.affine_grid(affine, list(others.shape), align_corners=False)
    # a smaller picture would show every second pixel: take it from a coarser one
    soft = coarsen(faded, back)
    placed = F.grid_sample(soft, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return unit + placed * brightness[:, None, None, None]


def _fade(side: int) -> Tensor:
    """One inside 0.7 half sides, falling to zero at the rim."""
    steps = (torch.arange(side) + 0.5) / side * 2 - 1
    radius = torch.sqrt(steps[:, None] ** 2 + steps[None] ** 2)
    return (0.5 + 0.5 * torch.cos(torch.pi * ((radius - 0.7) / 0.3).clamp(0, 1)))[None, None]
