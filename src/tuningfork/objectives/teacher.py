"""What a teacher says of pictures, in numbers that a pupil of another length can learn."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tuningfork.objectives.precision import in_full

if TYPE_CHECKING:
    from tuningfork.encoders.contract import Encoder

__all__ = ["Teacher", "resized"]

_DIRECTIONS = 128
_LEAST = 1e-6  # of the largest variance


class Teacher(nn.Module):
    """A frozen encoder whose embeddings are centred, half whitened and turned into a pupil's length.

    Half whitened: the strongest of 128 directions (fewer where the sample varies in fewer) would otherwise be
    all that is learnt. Turned at random at the end, so that no single number carries more than others:
    whoever standardises the numbers, as linear probes do, shall not blow up the faint directions.

    Parameters
    ----------
    encoder : Encoder
        Its network is held in evaluation mode.
    sample : Tensor (n, D)
        The encoder's embeddings of some hundred galaxies or more, which say where the directions lie.
    dim : int
        Length of the pupil's embedding.
    """

    mean: Tensor
    matrix: Tensor
    middle: Tensor
    spread: Tensor

    def __init__(self, encoder: "Encoder", sample: Tensor, dim: int):
        super().__init__()
        scaling = encoder.spec.preprocessing
        self.network, self.size, self.red_first = encoder.network, scaling.size, scaling.red_first
        away = sample.double() - sample.double().mean(0)
        variance, axes = torch.linalg.eigh(away.T @ away / len(away))
        strongest = variance.argsort(descending=True)[: min(_DIRECTIONS, dim, len(variance))]
        # what a small sample does not vary in would be blown up in all other galaxies
        strongest = strongest[variance[strongest] > _LEAST * variance.max()]
        half_white = axes[:, strongest] * variance[strongest] ** -0.25
        chance = torch.Generator().manual_seed(0)
        turn = torch.linalg.qr(torch.randn(dim, len(strongest), generator=chance))[0].T
        matrix = half_white @ turn.double()
        self.register_buffer("mean", sample.double().mean(0).float())
        self.register_buffer("matrix", (matrix / (away @ matrix).std()).float())
        for name, values in (("middle", scaling.mean), ("spread", scaling.std)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1))
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> "Teacher":
        """It is never in training."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, unit: Tensor) -> Tensor:
        """Unit pictures ``[N, C, S, S]``, blue first -> ``[N, dim]`` float32."""
        given = resized(unit, self.size)
        given = given.flip(1) if self.red_first else given
        said = self.network((given - self.middle) / self.spread).float()
        with in_full(said):
            return (said - self.mean) @ self.matrix


def resized(pictures: Tensor, size: int) -> Tensor:
    """Square pictures ``[N, C, S, S]`` at another side; without aliasing."""
    if pictures.shape[-1] == size:
        return pictures
    with in_full(pictures):  # which processors cannot do in bf16
        return nn.functional.interpolate(
            pictures.float(), size=(size, size), mode="bilinear", align_corners=False, antialias=True
        )
