"""Begin a training where another one ended: the numbers of a known encoder for a network of the same kind,
which may take other bands (`tuningfork.encoders.other_bands`)."""

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import nn

from tuningfork.encoders.names import load_encoder
from tuningfork.encoders.other_bands import between, fitted_to
from tuningfork.encoders.trainable import load_strictly, shapes_of
from tuningfork.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["start_from", "start_or_scale"]


def start_from(network: nn.Module, name: str) -> None:
    """Give a network the numbers of the encoder of that name.

    What the encoder does to its input before the network (red first, mean, standard deviation) goes into
    the first convolution and the batch norm behind it, so that the network takes plain unit pixels, blue
    first. At the edge of the picture, where a convolution sees zeros, the two differ.

    A network of another number of bands gets its first layer by `tuningfork.encoders.other_bands.spread`.

    Raises
    ------
    WeightsError
        The encoder is another network, or begins with no convolution and batch norm where one is wanted.
    """
    encoder = load_encoder(name)
    scaling = encoder.spec.preprocessing
    _load(network, encoder.network, scaling.bands, name)
    if scaling.red_first or (scaling.mean, scaling.std) != ((0.0,), (1.0,)):
        scaled = deepcopy(encoder.network)  # before the bands are other ones
        _take_in(scaled, scaling, name)
        _load(network, scaled, scaling.bands, name)


def start_or_scale(network: nn.Module, name: str, bands: int = 3) -> "Preprocessing | None":
    """The same for networks that cannot take the scaling in, as transformers and those without batch norms.

    Returns
    -------
    Preprocessing or None
        Of the encoder where its order of bands and scaling are left to do before the network, for so many
        ``bands``.
    """
    try:
        start_from(network, name)
    except _NoPlaceError:
        scaling = load_encoder(name).spec.preprocessing
        mean, std = (between(values, bands) for values in (scaling.mean, scaling.std))
        return replace(scaling, bands=bands, mean=mean, std=std)
    return None


class _NoPlaceError(WeightsError):
    """There is nowhere in the network to take a scaling in."""


def _load(network: nn.Module, theirs: nn.Module, bands: int, name: str) -> None:
    load_strictly(network, fitted_to(theirs.state_dict(), shapes_of(network), bands), name)


def _take_in(network: nn.Module, scaling: "Preprocessing", name: str) -> None:
    import torch

    first = next((m for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    norm = next((m for m in network.modules() if isinstance(m, nn.BatchNorm2d)), None)
    if first is None or norm is None or first.bias is not None or norm.num_features != first.out_channels:
        raise _NoPlaceError("begins with no convolution and batch norm, which could scale pixels", where=name)
    mean, std = (torch.tensor(_of_bands(v, scaling.bands)) for v in (scaling.mean, scaling.std))
    with torch.no_grad():
        weight: Tensor = first.weight / std[None, :, None, None]
        shift = (weight * mean[None, :, None, None]).sum((1, 2, 3))
        first.weight.copy_(weight.flip(1) if scaling.red_first else weight)
        norm.running_mean.add_(shift)  # pyright: ignore[reportOptionalMemberAccess]


def _of_bands(values: tuple[float, ...], bands: int) -> Any:
    return [values[0]] * bands if len(values) == 1 else list(values)
