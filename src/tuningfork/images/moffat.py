"""The Moffat profile as an extra point spread function: another night, with the wings a Gaussian lacks."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["moffat_blur", "moffat_kernel"]


def moffat_blur(unit: Tensor, fwhm: Tensor, beta: Tensor) -> Tensor:
    """Convolve every picture with its own Moffat profile; beyond the edge the picture is mirrored.

    Parameters
    ----------
    unit : Tensor (N, C, H, W)
    fwhm : Tensor (N,)
        Full width at half maximum, in pixels of the picture.
    beta : Tensor (N,)
        Exponent of the wings; 2.5 to 4.5 from the ground.

    Returns
    -------
    Tensor (N, C, H, W)
    """
    height, width = unit.shape[-2:]
    reach = min(math.ceil(2 * float(fwhm.max())), height - 1, width - 1)
    kernel = moffat_kernel(fwhm, beta, reach)
    side = (height + 2 * reach, width + 2 * reach)
    middle = F.pad(kernel, (0, side[1] - kernel.shape[2], 0, side[0] - kernel.shape[1]))
    middle = torch.roll(middle, (-reach, -reach), (1, 2))[:, None]
    padded = F.pad(unit, (reach,) * 4, mode="reflect")
    # by Fourier: the kernel is too wide for sums, and what goes round the edge is cut off with the padding
    out = torch.fft.irfft2(torch.fft.rfft2(padded) * torch.fft.rfft2(middle), s=side)
    return out[..., reach : reach + height, reach : reach + width]


def moffat_kernel(fwhm: Tensor, beta: Tensor, reach: int) -> Tensor:
    """Profiles ``(1 + (r / gamma)**2) ** -beta`` of sum one, ``[N, 2 reach + 1, 2 reach + 1]``.

    ``gamma = fwhm / (2 sqrt(2**(1 / beta) - 1))`` (Moffat 1969); taken at the middle of each pixel.
    """
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    square = (steps[:, None] ** 2 + steps[None] ** 2)[None]
    gamma = fwhm.clamp(min=0.05) / (2 * torch.sqrt(2 ** (1 / beta) - 1))
    profile = (1 + square / gamma[:, None, None] ** 2) ** -beta[:, None, None]
    return profile / profile.sum((1, 2), keepdim=True)
