"""The members of the LVM family."""

from torch import Tensor, nn

from tuningfork.encoders.lvm.decoder import LVMDecoder
from tuningfork.encoders.lvm.network import LVMEncoder
from tuningfork.encoders.lvm.shape import LVMShape

__all__ = ["LVM", "SHAPES", "side_of"]

SHAPES = {
    "lvm-nano": LVMShape(width=32, depths=(2, 2, 2, 2), heads=(1, 2, 4, 8)),
    "lvm-tiny": LVMShape(width=48, depths=(2, 2, 2, 2), heads=(2, 4, 8, 16)),
    "lvm-small": LVMShape(width=64, depths=(2, 2, 6, 2), heads=(2, 4, 8, 16)),
    "lvm-base": LVMShape(  # the paper's, but for the embedding, which is the mean of all tokens
        width=96,
        depths=(8, 8, 8, 8),
        heads=(8, 8, 8, 8),
        stem="paper",
        local=False,
        taps="inputs",
        upsampling="paper",
    ),
}


class LVM(nn.Module):
    """Encoder and decoder together, as they are pre-trained and shipped."""

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.encoder, self.decoder = LVMEncoder(shape), LVMDecoder(shape)

    def maps(self, x: Tensor) -> list[Tensor]:
        """Feature maps ``[N, H, W, C]``, finest first."""
        return self.encoder.maps(x)

    def pool(self, maps: list[Tensor]) -> Tensor:
        """The embedding ``[N, dim]`` that belongs to the maps."""
        return self.encoder.pool(maps)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> embeddings ``[N, dim]``."""
        return self.encoder(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> the same pictures, painted from the maps; H and W may be any size."""
        return self.decoder(self.encoder.maps(x))[..., : x.shape[-2], : x.shape[-1]]


def side_of(name: str) -> int:
    """Side in pixels of what a member of the family is made for."""
    return 64 if name in ("lvm-nano", "lvm-tiny") else 128
