"""Networks of any number of bands, and weights of some bands for a network of others: one rule for all.

Bands are ordered from blue to red. The first layer's kernels of a new band lie between those of the old bands
at the same share of the way from the bluest to the reddest; they are multiplied by old bands / new bands, and
what then lacks in their sum is shared out evenly. So colours keep their sense, and pictures that look alike
in all bands are answered as before. One band gets the sum of all kernels. What paints bands at a decoder's
end is put between the old bands and not rescaled.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["between", "fitted_to", "spread", "with_inputs"]


def between(values: tuple[float, ...], bands: int) -> tuple[float, ...]:
    """A number of each old band, or one for all, as one of each new band: read off between the old ones."""
    if len(values) in (1, bands):
        return values
    if bands == 1:
        return (float(np.mean(values)),)
    places = np.linspace(0, len(values) - 1, bands)
    return tuple(float(v) for v in np.interp(places, np.arange(len(values)), values))


def spread(kernels: "Tensor", bands: int) -> "Tensor":
    """Kernels ``[out, C, ...]`` of the first layer as ``[out, bands, ...]``, whose sum over bands stays."""
    have = kernels.shape[1]
    if have == bands:
        return kernels
    wide = kernels.double()
    made = _between(wide, 1, bands) * (have / bands)
    lacking = wide.sum(1, keepdim=True) - made.sum(1, keepdim=True)
    return (made + lacking / bands).to(kernels.dtype)


def fitted_to(
    tensors: "dict[str, Tensor]", shapes: dict[str, tuple[int, ...]], have: int
) -> "dict[str, Tensor]":
    """Tensors of a network of ``have`` bands for the same network of another number of bands.

    Tensors that differ from the wanted shapes in anything else than the number of bands are left as they are,
    for whoever loads them to refuse.
    """
    found = dict(tensors)
    for name, tensor in tensors.items():
        own, wanted = tuple(tensor.shape), shapes.get(name, ())
        if own == wanted or len(own) != len(wanted):
            continue
        differs = [axis for axis in range(len(own)) if own[axis] != wanted[axis]]
        if len(differs) != 1 or own[differs[0]] != have:
            continue
        if differs == [1]:
            found[name] = spread(tensor, wanted[1])
        elif differs == [0]:
            found[name] = _between(tensor.double(), 0, wanted[0]).to(tensor.dtype)
    return found


def with_inputs(network: "nn.Module", bands: int) -> "nn.Module":
    """The network, untrained, with a first convolution that takes so many bands.

    Raises
    ------
    UsageError
        It begins with no plain convolution.
    """
    from torch import nn

    found: tuple[str, Any] | None = next(
        ((name, part) for name, part in network.named_modules() if isinstance(part, nn.Conv2d)), None
    )
    if found is None or found[1].groups != 1 or found[1].padding_mode != "zeros":
        raise UsageError(f"this network takes 3 bands, not {bands}", remedy="Choose three with --bands")
    name, first = found
    if first.in_channels != bands:
        parent, _, own = name.rpartition(".")
        layer = nn.Conv2d(
            bands,
            first.out_channels,
            first.kernel_size,
            first.stride,
            first.padding,
            first.dilation,
            bias=first.bias is not None,
        )
        setattr(network.get_submodule(parent), own, layer)
    return network


def _between(wide: "Tensor", axis: int, bands: int) -> "Tensor":
    """Along an axis of old bands, so many places between the first and the last."""
    import torch

    have = wide.shape[axis]
    if have == 1 or bands == 1:  # one band stands in the middle of all
        return wide.mean(axis, keepdim=True).repeat_interleave(bands, axis)
    places = torch.linspace(0, have - 1, bands, dtype=torch.float64)
    low = places.floor().long().clamp(max=have - 2)
    share = (places - low).view([-1 if k == axis else 1 for k in range(wide.ndim)])
    return wide.index_select(axis, low) * (1 - share) + wide.index_select(axis, low + 1) * share
