"""Contrastive and reconstruction in one step: the second keeps fine structure that the first would forget."""

from torch import Tensor, nn

from tuningfork.objectives.contrastive import PART, Contrastive
from tuningfork.objectives.registry import Views

__all__ = ["Combined"]


class Combined(nn.Module):
    """The contrastive loss of all galaxies plus ``weight`` times the reconstruction of the first eighth.

    Painting is the dearer half, and an eighth of a batch is enough for it: the decoder costs a tenth of a
    step.
    """

    def __init__(self, dim: int, weight: float = 10.0):
        super().__init__()
        self.contrastive = Contrastive(dim)
        self.weight = weight

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        import torch

        maps = [network.maps(part) for part in torch.cat([views.one, views.other]).split(PART)]
        embedded = torch.cat([network.pool(m) for m in maps])
        apart = self.contrastive.from_embeddings(*embedded.chunk(2))
        few = min(max(1, len(views.one) // 8), len(maps[0][0]))
        painted = network.decoder([m[:few] for m in maps[0]]).float()
        error = nn.functional.mse_loss(painted, views.clean[:few])
        loss = apart + self.weight * error
        return loss, {"contrastive": apart.item(), "reconstruction": error.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, and what the network paints of it."""
        return views.one, network.decoder(network.maps(views.one)).float()
