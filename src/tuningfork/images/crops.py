"""Views by noise and random crops, as photographs are cut for SimCLR. G036 2023, tables 5 and 6."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tuningfork.images.augment import take_windows

__all__ = ["CropSettings", "cropped_views"]


@dataclass(frozen=True)
class CropSettings:
    """What is done to a view, in this order; each step is left out with a chance of one half."""

    noise: float = 0.05  # sigma of Gaussian noise, in units of the full range
    crops: int = 2  # how often a part is cut out and brought to full size
    area: tuple[float, float] = (0.08, 1.0)  # of a crop, as a share of what it is cut from
    aspect: tuple[float, float] = (3 / 4, 4 / 3)  # width over height of a crop
    apply: float = 0.5  # the chance of each step
    zoom: float = 1.2  # half the field of view before any crop, in radii of the galaxy


def cropped_views(
    pixels: Tensor, radii: Tensor, size: int, settings: CropSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One view of every galaxy by noise and crops; arguments and result as those of `random_views`.

    The noise lies on the window before it is cropped, as in the paper, so it is coarser in a smaller crop.
    A crop of a crop is one smaller crop, and is read from the window at once. Ranges of area and aspect are
    torchvision's for ``RandomResizedCrop``, which the paper leaves at their defaults.
    """
    n = len(pixels)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    clean = take_windows(pixels, radii * settings.zoom, size)
    grain = torch.randn(clean.shape, generator=generator) * settings.noise
    noisy = (clean + grain * (draw(0, 1, 1, 1, 1) < settings.apply)).clamp_(0, 1)
    middle, half = torch.zeros(n, 2), torch.ones(n, 2)  # the box in the window's own units, -1 to 1
    for _ in range(settings.crops):
        area = draw(*settings.area)
        root = torch.exp(draw(math.log(settings.aspect[0]), math.log(settings.aspect[1])) / 2)
        part = (area.sqrt()[:, None] * torch.stack([root, 1 / root], 1)).clamp(max=1)
        place = draw(-1, 1, 2) * (1 - part)
        used = draw(0, 1, 1) < settings.apply
        middle = torch.where(used, middle + half * place, middle)
        half = torch.where(used, half * part, half)
    zero = torch.zeros(n)
    affine = torch.stack([half[:, 0], zero, middle[:, 0], zero, half[:, 1], middle[:, 1]], 1).view(n, 2, 3)
    grid = F.affine_grid(affine, list(noisy.shape), align_corners=False)
    return F.grid_sample(noisy, grid, padding_mode="reflection", align_corners=False), clean
