"""What an encoder is: a specification, a way to prepare stamps, an embedding, feature maps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = ["Encoder", "EncoderSpec"]


@dataclass(frozen=True)
class EncoderSpec:
    """What can be known of an encoder without running it."""

    name: str  # as `load_encoder` takes it
    key: str  # name + hash of weights, preprocessing and code version; embeddings are stored under it
    dim: int  # length of an embedding
    strides: tuple[int, ...]  # pixels per token of each feature map, coarse to fine
    preprocessing: Preprocessing
    learnt_from: PixelFacts | None = None  # None where nobody recorded it: pictures in 0..1, bands by place

    @property
    def size(self) -> int:
        """Side of the input in pixels."""
        return self.preprocessing.size

    @property
    def bands(self) -> int:
        """Number of bands of the input, blue to red."""
        return self.preprocessing.bands


class Encoder:
    """Turns stamps into numbers.

    Parameters
    ----------
    spec : EncoderSpec
    network : torch.nn.Module
        Called with ``[N, C, S, S]`` float32 it returns ``[N, dim]``; its method ``maps`` returns the
        stages' maps,
        finest first, each ``[N, H, W, C]``, or there is none and `feature_maps` says so.

    Notes
    -----
    The network is in evaluation mode and asks for no gradients; a task that trains it does so on its own
    copy.
    """

    def __init__(self, spec: EncoderSpec, network: "nn.Module"):
        self.spec = spec
        self.network = network.eval().requires_grad_(False)

    def preprocess(self, stamps: Sequence[np.ndarray]) -> "Tensor":
        """Prepare stamps ``[H, W, C]`` (encoded, or unit float32; blue first): ``[N, C, S, S]`` float32.

        Stamps of a collection go through `tuningfork.encoders.fit.fit` first.
        """
        return self.spec.preprocessing(stamps)

    def embed(self, x: "Tensor") -> "Tensor":
        """``[N, C, S, S]`` prepared stamps -> ``[N, dim]``, on the network's device."""
        return self.network(x.to(self.device))

    def feature_maps(self, x: "Tensor") -> "list[Tensor]":
        """``[N, C, S, S]`` prepared stamps -> maps ``[N, C, H, W]``, coarse to fine, as ``spec.strides``
        says."""
        maps = getattr(self.network, "maps", None)
        if maps is None:
            raise TypeError(f"the encoder '{self.spec.name}' has no feature maps")
        return [m.permute(0, 3, 1, 2) for m in reversed(maps(x.to(self.device)))]

    def reconstruct(self, x: "Tensor") -> "Tensor":
        """``[N, C, S, S]`` prepared stamps -> the same, painted by the network's decoder."""
        paint = getattr(self.network, "reconstruct", None)
        if paint is None:
            raise TypeError(f"the encoder '{self.spec.name}' has no decoder")
        return paint(x.to(self.device))

    @property
    def device(self) -> "torch.device":
        """Where the network is; the processor for one without numbers of torch's."""
        import torch

        tensor = next(chain(self.network.parameters(), self.network.buffers()), None)
        return torch.device("cpu") if tensor is None else tensor.device

    def to(self, device: str) -> "Encoder":
        """Move the network, in place."""
        self.network.to(device)
        return self

    def __repr__(self) -> str:
        return (
            f"Encoder({self.spec.name!r}, key={self.spec.key!r}, dim={self.spec.dim}, size={self.spec.size})"
        )
