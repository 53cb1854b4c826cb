"""The chains of augmentations of two papers on the morphology of galaxies, in batches.

Ma 2023, section 4.2 and figure 4; the ranges are in the code its authors published. Doherty 2024, section
6.2: views made beforehand, and turns by right angles and mirror images on the fly.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tuningfork.images.augment import blur, take_windows

__all__ = ["CentredSettings", "SquareSettings", "another_view", "centred_views", "square_views"]


@dataclass(frozen=True)
class CentredSettings:
    """Ma 2023: the middle is cut out, turned, a part of it brought to full size, mirrored.

    The paper cuts 256 pixels of 424 and views 240; ``share`` is that of what is viewed in use.
    """

    share: float = 240 / 264  # of the frame that is seen in use; 264 of 424 pixels are kept in some sets
    more: float = 256 / 240  # how much wider the middle is that views are cut from
    turn: float = 25.0  # largest angle to each side in degrees
    area: tuple[float, float] = (0.9, 1.0)  # of the part, as a share of the middle
    aspect: tuple[float, float] = (3 / 4, 4 / 3)  # width over height of the part, torchvision's default
    flips: bool = True


@dataclass(frozen=True)
class SquareSettings:
    """Doherty 2024: 12 more views are made beforehand; in training they are turned by right angles, mirrored.

    Of the steps to choose from (nothing, two mirror images, turn, zoom, blur, median, noise, move) a view
    gets three, drawn without replacement. The paper gives no sizes but "tens of pixels" for zoom and move;
    the others are ours.
    """

    share: float = 224 / 264  # of the frame that is seen
    copies: int = 12  # beside the original
    steps: int = 3
    zoom: tuple[float, float] = (0.9, 1.1)
    shift: float = 20 / 224  # largest move, as a share of the view's side
    blur: tuple[float, float] = (0.5, 1.5)  # sigma in pixels of the view
    noise: float = 0.03  # sigma, in units of the full range
    flips: bool = True


def centred_views(
    pixels: Tensor, radii: Tensor, size: int, settings: CentredSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One view of every galaxy in the way of Ma 2023; arguments and result as those of `random_views`.

    Crop, turn, part and mirror image are one resampling; what lies beyond the frame is mirrored sky where
    the paper's turn leaves black corners.
    """
    n = len(pixels)

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator)

    angle = draw(-settings.turn, settings.turn) * (math.pi / 180)
    area = draw(*settings.area)
    low, high = (math.log(a) for a in settings.aspect)
    fits = area.log()  # a part of 0.9 is at most 0.9 times as wide as high: torchvision draws until it fits
    root = torch.exp((low + (high - low) * draw(0, 1)).clamp(fits, -fits) / 2)
    half = torch.stack([area.sqrt() * root, area.sqrt() / root], 1).clamp(max=1)
    place = torch.stack([draw(-1, 1), draw(-1, 1)], 1) * (1 - half)
    if settings.flips:
        half = half * torch.where(torch.rand(n, 2, generator=generator) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)  # (n, 2, 2)
    wide = min(settings.share * settings.more, 1.0)
    affine = wide * torch.cat([turn * half[:, None, :], turn @ place[:, :, None]], 2)
    unit = _shrunk(pixels, wide, size)
    grid = F.affine_grid(affine, [n, unit.shape[1], size, size], align_corners=False)
    view = F.grid_sample(unit, grid, padding_mode="reflection", align_corners=False)
    return view, view


def square_views(
    pixels: Tensor, radii: Tensor, size: int, settings: SquareSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Turned by right angles and mirrored; arguments and result as those of `random_views`.

    Pixels of the view's size are views made beforehand and are not cut again.
    """
    clean = _middle(pixels, settings.share, size)
    kinds = 8 if settings.flips else 4
    drawn = torch.randint(kinds, (len(clean),), generator=generator)
    view = torch.empty_like(clean)
    for kind in range(kinds):
        mine = drawn == kind
        turned = torch.rot90(clean[mine], kind % 4, (2, 3))
        view[mine] = turned.flip(3) if kind >= 4 else turned
    return view, clean


def another_view(pixels: Tensor, size: int, settings: SquareSettings, generator: torch.Generator) -> Tensor:
    """One view of every galaxy (N, C, H, W) as it is made beforehand, unit ``float32`` (N, C, size, size).

    Turn, zoom, move and mirror image come as one resampling, before blur, median and noise.
    """
    n = len(pixels)
    order = torch.rand(n, 9, generator=generator).argsort(1)[:, : settings.steps]
    chosen = torch.zeros(n, 9).scatter_(1, order, 1.0).bool()

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    def where(step: int, value: Tensor, other: float) -> Tensor:
        at = chosen[:, step].view(n, *[1] * (value.ndim - 1))
        return torch.where(at, value, torch.full_like(value, other))

    flipped = torch.ones(n, 2)
    if settings.flips:
        flipped = torch.where(chosen[:, 1:3], -1.0, 1.0)
    angle = where(3, draw(0, 2 * math.pi), 0.0)
    angle = angle + torch.where(flipped[:, 1] < 0, math.pi, 0.0)  # up and down: left and right, half a turn
    zoom = where(4, draw(*settings.zoom), 1.0)
    shift = where(8, draw(-settings.shift, settings.shift, 2), 0.0) * settings.share
    half = torch.full((n,), settings.share / 2) / zoom
    mirror = flipped.prod(1)
    view = take_windows(
        _shrunk(pixels, settings.share, size), half, size, angle=angle, mirror=mirror, shift=shift
    )
    view = blur(view, where(5, draw(*settings.blur), 0.0))
    if chosen[:, 6].any():
        view[chosen[:, 6]] = _median(view[chosen[:, 6]])
    grain = torch.randn(view.shape, generator=generator) * settings.noise
    return (view + grain * chosen[:, 7, None, None, None]).clamp_(0, 1)


def _median(unit: Tensor) -> Tensor:
    """The median of 3 x 3 pixels, as it takes away single hot ones."""
    padded = F.pad(unit, (1, 1, 1, 1), mode="reflect")
    return padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4).median(4).values


def _middle(pixels: Tensor, share: float, size: int) -> Tensor:
    if pixels.shape[-1] == size:
        return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
    return take_windows(_shrunk(pixels, share, size), torch.full((len(pixels),), share / 2), size)


def _shrunk(pixels: Tensor, share: float, size: int) -> Tensor:
    """Unit pixels, brought to a coarser frame where a view would leave some of them out."""
    unit = pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
    side = unit.shape[-1]
    step = share * side / size
    if step < 1.5:
        return unit
    small = math.ceil(size / share)
    return F.interpolate(unit, (small, small), mode="bilinear", antialias=True)
