"""Begin a training where another one ended: the numbers of a known encoder for a network of the same kind."""

from typing import TYPE_CHECKING, Any

from torch import nn

from tuningfork.encoders.names import load_encoder
from tuningfork.encoders.trainable import load_strictly
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

    Raises
    ------
    WeightsError
        The encoder is another network, or begins with no convolution and batch norm where one is wanted.
    """
    encoder = load_encoder(name)
    load_strictly(network, encoder.network.state_dict(), name)
    scaling = encoder.spec.preprocessing
    if scaling.red_first or (scaling.mean, scaling.std) != ((0.0,), (1.0,)):
        _take_in(network, scaling, name)


def start_or_scale(network: nn.Module, name: str) -> "Preprocessing | None":
    """The same for networks that cannot take the scaling in, as transformers and those without batch norms.

    Returns
    -------
    Preprocessing or None
        Of the encoder where its order of bands and scaling are left to do before the network.
    """
    try:
        start_from(network, name)
    except _NoPlaceError:
        return load_encoder(name).spec.preprocessing
    return None


class _NoPlaceError(WeightsError):
    """There is nowhere in the network to take a scaling in."""


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
