"""Random views of galaxies, made in batches: what may change on the sky without changing the galaxy.

Turned, mirrored, moved, nearer or farther, blurred by another night, dimmed, reddened, noisier. Everyday
colour jitter
and grey-scale are left out on purpose: colour and axis ratio are what galaxies are told apart by.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tuningfork.images.disturb import add_neighbours, coarsen, redden
from tuningfork.images.dust import extinction_of
from tuningfork.images.moffat import moffat_blur

__all__ = ["ViewSettings", "blur", "random_views", "take_windows"]


_GRZ = torch.tensor(extinction_of(("g", "r", "z")))


@dataclass(frozen=True)
class ViewSettings:
    """How far a view may stray; every range is drawn from uniformly (the zoom in its logarithm)."""

    zoom: tuple[float, float] = (0.75, 1.7)  # half the field of view, in radii of the galaxy
    shift: float = 0.15  # largest move of the centre, in radii
    blur: tuple[float, float] = (0.0, 1.2)  # sigma of the extra PSF, in pixels of the view
    dim: float = 0.25  # largest change of the logarithm of the brightness
    redden: float = 0.08  # largest change of the logarithm of each band's brightness
    noise: tuple[float, float] = (0.0, 0.05)  # sigma of added noise, in units of the full range
    flips: bool = True  # mirror images; off where handedness is the question
    turn: bool = True  # any angle
    moffat: tuple[float, float] | None = None  # FWHM of an extra Moffat PSF, as a fraction of the view's side
    wings: tuple[float, float] = (2.5, 4.5)  # exponent of that PSF; few give long wings
    # None leaves these three out, and then nothing is drawn for them: recipes without them keep their numbers
    neighbours: float | None = None  # chance of another galaxy of the batch in view, smaller and fainter
    coarse: tuple[float, float] | None = None  # width of the pixels before they are brought back (logarithm)
    dust: tuple[float, float] | None = None  # E(B - V) of dust in front, magnitudes


def random_views(
    pixels: Tensor,
    radii: Tensor,
    size: int,
    settings: ViewSettings,
    generator: torch.Generator,
    extinction: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One random view of every galaxy.

    Parameters
    ----------
    pixels : Tensor (N, C, H, W)
        Encoded ``uint8`` pixels, or unit ``float32`` ones.
    radii : Tensor (N,)
        Radius of each galaxy as a fraction of the frame's side (`images.extent.galaxy_radius` over the side).
    size : int
        Side of the view in pixels.
    extinction : Tensor (N, C), optional
        A(band) / E(B - V) of each picture's bands, for dust; 0 where it is not known. When not given three
        bands are g, r, z, and other numbers of bands get no dust.

    Returns
    -------
    view, clean : Tensor (N, C, size, size)
        Unit ``float32`` pixels of the same window: with blur, dimming and noise, and without.
    """
    n = len(pixels)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    zoom = torch.exp(draw(math.log(settings.zoom[0]), math.log(settings.zoom[1])))
    angle = draw(0, 2 * math.pi) if settings.turn else torch.zeros(n)
    mirror = torch.where(draw(0, 1) < 0.5, -1.0, 1.0) if settings.flips else torch.ones(n)
    shift = draw(-settings.shift, settings.shift, 2) * radii[:, None]
    clean = take_windows(pixels, radii * zoom, size, angle=angle, mirror=mirror, shift=shift)
    view = clean
    if settings.neighbours is not None:
        view = _with_neighbours(view, settings.neighbours, draw)
    view = blur(view, draw(*settings.blur)) if settings.blur[1] else view
    if settings.moffat:
        view = moffat_blur(view, draw(*settings.moffat) * size, draw(*settings.wings))
    if settings.coarse is not None:
        view = coarsen(view, torch.exp(draw(math.log(settings.coarse[0]), math.log(settings.coarse[1]))))
    if settings.dust is not None:
        known = extinction is not None or pixels.shape[1] == len(_GRZ)
        excess = draw(*settings.dust)  # also where no dust is known, so that what follows is drawn as ever
        view = redden(view, excess, _GRZ if extinction is None else extinction) if known else view
    gain = torch.exp(
        draw(-settings.dim, settings.dim, 1) + draw(-settings.redden, settings.redden, pixels.shape[1])
    )
    view = view * gain[:, :, None, None]
    grain = torch.randn(view.shape, generator=generator) * draw(*settings.noise, 1, 1, 1)
    return (view + grain).clamp_(0, 1), clean


def _with_neighbours(view: Tensor, chance: float, draw: Callable[..., Tensor]) -> Tensor:
    """Galaxies of the batch beside each other: 0.25 to 0.6 of their size, 0.15 to 0.7 of their brightness."""
    n = len(view)
    if n < 2:
        return view
    others = view[(torch.arange(n) + 1 + (draw(0, 1) * (n - 1)).long().clamp(max=n - 2)) % n]
    angle, away = draw(0, 2 * math.pi), draw(0.55, 1.0)
    where = away[:, None] * torch.stack([torch.cos(angle), torch.sin(angle)], 1)
    size, brightness = draw(0.25, 0.6), draw(0.15, 0.7)
    return add_neighbours(view, others, where, size, brightness * (draw(0, 1) < chance))


def take_windows(
    pixels: Tensor,
    half: Tensor,
    size: int,
    *,
    angle: Tensor | None = None,
    mirror: Tensor | None = None,
    shift: Tensor | None = None,
) -> Tensor:
    """Resample a square window around the middle of every picture; beyond the edge the sky is mirrored.

    Parameters
    ----------
    pixels : Tensor (N, C, H, W)
        ``uint8`` or unit ``float32``.
    half : Tensor (N,)
        Half the window's side, as a fraction of the frame's side (0.5 = the whole frame).
    size : int
        Side of the result.
    angle, mirror, shift : Tensor (N,), (N,), (N, 2), optional
        Turn in radians, -1 to mirror left and right, move of the centre (x, y) as a fraction of the frame's
        side.

    Returns
    -------
    Tensor (N, C, size, size)
        Unit ``float32`` pixels, antialiased when the window is larger than the result.
    """
    n = len(pixels)
    unit = pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
    angle = torch.zeros(n) if angle is None else angle
    mirror = torch.ones(n) if mirror is None else mirror
    shift = torch.zeros(n, 2) if shift is None else shift
    cos, sin, side = torch.cos(angle) * 2 * half, torch.sin(angle) * 2 * half, 2 * shift
    affine = torch.stack([cos * mirror, -sin, side[:, 0], sin * mirror, cos, side[:, 1]], 1).view(n, 2, 3)
    grid = F.affine_grid(affine, [n, pixels.shape[1], size, size], align_corners=False)
    return F.grid_sample(unit, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def blur(unit: Tensor, sigma: Tensor) -> Tensor:
    """Convolve every picture (N, C, H, W) with its own Gaussian of ``sigma`` (N,) pixels."""
    reach = 3
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (steps[None] / sigma.clamp(min=0.05)[:, None]) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)  # (N, 7)
    n, c, h, w = unit.shape
    kernel = kernel.repeat_interleave(c, 0)
    flat = F.pad(unit.reshape(1, n * c, h, w), (reach,) * 4, mode="reflect")
    flat = F.conv2d(flat, kernel[:, None, None, :], groups=n * c)
    return F.conv2d(flat, kernel[:, None, :, None], groups=n * c).reshape(n, c, h, w)
