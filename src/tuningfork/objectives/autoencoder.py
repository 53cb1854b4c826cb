"""A symmetric autoencoder. G036 2023, section 3.2.2: a ResNet-18 in, a mirrored ResNet-18 out."""

import torch.nn.functional as F
from torch import Tensor, channels_last, nn

from tuningfork.objectives.registry import Views

__all__ = ["Autoencoder", "MirroredResNet"]


class Autoencoder(nn.Module):
    """Mean squared error between the window and what is painted from its embedding alone.

    The decoder belongs to the objective, so that networks that have none can learn so; it is thrown away in
    the end.
    """

    def __init__(self, dim: int, bands: int):
        super().__init__()
        # channels last: a quarter faster on a processor
        self.decoder = MirroredResNet(dim, bands).to(memory_format=channels_last)

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        loss = F.mse_loss(self.paint(network, views)[1], views.clean)
        return loss, {"autoencoder": loss.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, and what is painted from its embedding."""
        return views.one, self.decoder(network(views.one), views.clean.shape[-1]).float()


class MirroredResNet(nn.Module):
    """The stages of ResNet-18 in opposite order, ``[N, dim]`` -> ``[N, bands, size, size]``.

    Where the encoder's stages halve, these double (nearest pixel, then convolution). The paper does not say
    how its decoder begins: here a linear layer makes the map of 4 x 4 that an encoder of 128 pixels ends in.
    """

    def __init__(self, dim: int, bands: int):
        super().__init__()
        self.begin = nn.Linear(dim, 512 * 16)
        self.stages = nn.Sequential(
            *(_Block(512, 512), _Block(512, 256, 2)),
            *(_Block(256, 256), _Block(256, 128, 2)),
            *(_Block(128, 128), _Block(128, 64, 2)),
            *(_Block(64, 64), _Block(64, 64)),
        )
        self.paint = nn.Conv2d(64, bands, 7, padding=3)

    def forward(self, embedding: Tensor, size: int) -> Tensor:
        x = self.stages(self.begin(embedding).view(-1, 512, 4, 4))
        return self.paint(F.interpolate(x, size=(size, size), mode="nearest"))


class _Block(nn.Module):
    """A basic block backwards: a 3 x 3 convolution as it is, then one to the finer size and the new width."""

    def __init__(self, dim: int, out: int, finer: int = 1):
        super().__init__()
        self.finer = nn.Upsample(scale_factor=finer) if finer > 1 else nn.Identity()
        self.first = nn.Sequential(
            nn.Conv2d(dim, dim, 3, padding=1, bias=False), nn.BatchNorm2d(dim), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(dim, out, 3, padding=1, bias=False), nn.BatchNorm2d(out))
        self.past = (
            nn.Identity()
            if dim == out
            else nn.Sequential(nn.Conv2d(dim, out, 1, bias=False), nn.BatchNorm2d(out))
        )

    def forward(self, x: Tensor) -> Tensor:
        # a convolution of one pixel and an up-sampling may change places: before it costs a quarter
        return F.relu(self.second(self.finer(self.first(x))) + self.finer(self.past(x)))
