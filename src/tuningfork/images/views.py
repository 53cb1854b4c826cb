"""The named ways to make a view of a galaxy; an objective says which it wants."""

from dataclasses import replace

import torch
from torch import Tensor

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.images.augment import ViewSettings, random_views
from tuningfork.images.chains import CentredSettings, SquareSettings, centred_views, square_views
from tuningfork.images.crops import CropSettings, cropped_views

__all__ = ["VIEWS", "AnyViews", "make_views", "small_crops", "views_from", "views_named"]

AnyViews = ViewSettings | CropSettings | CentredSettings | SquareSettings

_STILL = {"blur": (0.0, 0.0), "dim": 0.0, "redden": 0.0, "noise": (0.0, 0.0)}

VIEWS: dict[str, AnyViews] = {
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
    # the middle turned by up to 25 degrees, cut a little otherwise, mirrored (Ma 2023, 4.2)
    "ma2023": CentredSettings(),
    # 12 more views made beforehand; right angles and mirror images on the fly (Doherty 2024, 6.2)
    "doherty2024": SquareSettings(),
}


_LOCAL_AREA = (0.05, 0.4)  # of a small crop, as a share of the window in use (DINO: of the photograph)
_IN_USE = 1.2  # half the field of view of that window, in radii of the galaxy
_LOCAL_SHIFT = 0.5  # largest move of a small crop's centre, in radii: it stays on the galaxy's light


def make_views(
    name: str,
    pixels: Tensor,
    radii: Tensor,
    size: int,
    generator: torch.Generator,
    extinction: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One view of every galaxy in the named way, and its undisturbed window; as `random_views`.

    Raises
    ------
    UnknownNameError
        There is no way of that name.
    """
    return views_from(views_named(name), pixels, radii, size, generator, extinction)


def small_crops(name: str) -> ViewSettings:
    """The same way to make views, of small parts of the galaxy: the local crops of DINO (Caron et al. 2021).

    They cover 0.05 to 0.4 of the area of the window in use, as DINO's of a photograph. Their centres keep to
    half a radius from the galaxy's: a crop of sky alone says nothing.

    Raises
    ------
    UsageError
        That way does not go by the galaxy's radius.
    """
    settings = views_named(name)
    if not isinstance(settings, ViewSettings):
        ways = ", ".join(way for way, each in VIEWS.items() if isinstance(each, ViewSettings))
        raise UsageError(f"the views '{name}' have no small crops", remedy=f"Take one of {ways}")
    low, high = (_IN_USE * area**0.5 for area in _LOCAL_AREA)
    return replace(settings, zoom=(low, high), shift=_LOCAL_SHIFT)


def views_named(name: str, *, parity_safe: bool = False, share: float | None = None) -> AnyViews:
    """The settings of a way to make views.

    Parameters
    ----------
    name : str
        One of `VIEWS`.
    parity_safe : bool
        Nothing is mirrored: for classes that have a handedness, as spirals by the sense of their winding.
    share : float, optional
        Of the frame that is seen, in ways that go by the frame.

    Raises
    ------
    UnknownNameError
        There is no way of that name.
    """
    if name not in VIEWS:
        raise UnknownNameError("way to make views", name, VIEWS)
    settings = VIEWS[name]
    if parity_safe and not isinstance(settings, CropSettings):  # crops mirror nothing
        settings = replace(settings, flips=False)
    if share is not None and isinstance(settings, CentredSettings | SquareSettings):
        settings = replace(settings, share=share)
    return settings


def views_from(
    settings: AnyViews,
    pixels: Tensor,
    radii: Tensor,
    size: int,
    generator: torch.Generator,
    extinction: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One view of every galaxy, and its undisturbed window; as `random_views`."""
    if isinstance(settings, CropSettings):
        return cropped_views(pixels, radii, size, settings, generator)
    if isinstance(settings, CentredSettings):
        return centred_views(pixels, radii, size, settings, generator)
    if isinstance(settings, SquareSettings):
        return square_views(pixels, radii, size, settings, generator)
    return random_views(pixels, radii, size, settings, generator, extinction)
