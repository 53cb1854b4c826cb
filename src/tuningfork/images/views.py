"""The named ways to make a view of a galaxy; an objective says which it wants."""

import torch
from torch import Tensor

from tuningfork.errors import UnknownNameError
from tuningfork.images.augment import ViewSettings, random_views
from tuningfork.images.crops import CropSettings, cropped_views

__all__ = ["VIEWS", "make_views"]

_STILL = {"blur": (0.0, 0.0), "dim": 0.0, "redden": 0.0, "noise": (0.0, 0.0)}

VIEWS: dict[str, ViewSettings | CropSettings] = {
    # what may change on the sky; of the contrastive recipes and the shipped weights
    "sky": ViewSettings(),
    # the same with other galaxies in view, pixels up to 2.2 times as wide, dust in front or taken away, and
    # a Moffat PSF instead of a Gaussian one
    "sky-full": ViewSettings(
        blur=(0.0, 0.0),
        moffat=(0.2 / 64, 2.6 / 64),
        neighbours=0.4,
        coarse=(1.0, 2.2),
        dust=(-0.1, 0.2),
        redden=0.04,
    ),
    # only turned, mirrored, cut otherwise (Fu et al. 2024, II.B)
    "turned": ViewSettings(zoom=(1.0, 1.4), shift=0.1, **_STILL),
    # the same behind a Moffat PSF of 2 to 8 of 128 pixels and noise of 1 to 15 of 255 (Fu et al. 2024, III.A)
    "degraded": ViewSettings(
        zoom=(1.0, 1.4),
        shift=0.1,
        blur=(0.0, 0.0),
        moffat=(2 / 128, 8 / 128),
        dim=0.0,
        redden=0.0,
        noise=(1 / 255, 15 / 255),
    ),
    # the window as it is used, nothing changed (G036 2023 names no augmentation for its autoencoder)
    "still": ViewSettings(zoom=(1.2, 1.2), shift=0.0, **_STILL, flips=False, turn=False),
    # Gaussian noise, then two crops (G036 2023, table 5)
    "crops": CropSettings(),
}


def make_views(
    name: str, pixels: Tensor, radii: Tensor, size: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One view of every galaxy in the named way, and its undisturbed window; as `random_views`.

    Raises
    ------
    UnknownNameError
        There is no way of that name.
    """
    if name not in VIEWS:
        raise UnknownNameError("way to make views", name, VIEWS)
    settings = VIEWS[name]
    if isinstance(settings, CropSettings):
        return cropped_views(pixels, radii, size, settings, generator)
    return random_views(pixels, radii, size, settings, generator)
