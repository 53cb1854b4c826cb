"""The members of the LVM family, and where the package keeps their weights."""

from importlib.resources import files
from pathlib import Path

from torch import nn

from tuningfork.encoders.lvm.network import LVMDecoder, LVMEncoder, LVMShape

__all__ = ["LVM", "SHAPES", "shipped_weights"]

SHAPES = {"lvm-tiny": LVMShape(width=48, depths=(2, 2, 2, 2), heads=(2, 4, 8, 16))}


class LVM(nn.Module):
    """Encoder and decoder together, as they are pre-trained and shipped."""

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.encoder, self.decoder = LVMEncoder(shape), LVMDecoder(shape)

    def maps(self, x):
        """Feature maps ``[N, H, W, C]``, finest first."""
        return self.encoder.maps(x)

    def pool(self, maps):
        """The embedding ``[N, dim]`` that belongs to the maps."""
        return self.encoder.pool(maps)

    def forward(self, x):
        """``[N, C, S, S]`` -> embeddings ``[N, dim]``."""
        return self.encoder(x)


def shipped_weights(name: str) -> Path:
    """Where the package keeps the weights of a member of the family."""
    return Path(str(files("tuningfork.encoders") / "weights" / f"{name}.safetensors"))
