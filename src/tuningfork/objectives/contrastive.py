"""NT-Xent on two views. Chen et al. 2020 (SimCLR), equation 1; for galaxies G036 2023, section 3."""

from torch import Tensor, nn

from tuningfork.objectives.registry import Views
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["Contrastive", "nt_xent"]


class Contrastive(nn.Module):
    """The contrastive loss behind a projection of two layers.

    Parameters
    ----------
    dim : int
        Length of an embedding.
    hidden, out : int
        Widths of the projection.
    temperature : float
        Lower makes the nearest negatives count more. 0.2, not the 0.1 to 0.5 of photographs: most of the
        other galaxies
        of a batch are of the same few kinds.
    """

    def __init__(self, dim: int, hidden: int = 512, out: int = 128, temperature: float = 0.2):
        super().__init__()
        self.project = nn.Sequential(
            nn.Linear(dim, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.GELU(),
            nn.Linear(hidden, out, bias=False),
            nn.BatchNorm1d(out, affine=False),
        )
        self.loss = nt_xent(temperature)

    def from_embeddings(self, one: Tensor, other: Tensor) -> Tensor:
        """The loss of two sets of embeddings ``[N, dim]`` of the same galaxies."""
        import torch

        projected = self.project(torch.cat([one, other])).float()
        return self.loss(*projected.chunk(2))

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        import torch

        both = torch.cat([views.one, views.other])
        embedded = torch.cat([network(part) for part in both.split(PART)])
        loss = self.from_embeddings(*embedded.chunk(2))
        return loss, {"contrastive": loss.item()}


# stamps through the network at once: maps that stay in a processor's cache are a third faster than whole
# batches
PART = 128


def nt_xent(temperature: float) -> nn.Module:
    """Lightly's loss; of several processes that train together each sees the others' galaxies too."""
    import torch

    ensure_vision_ops()
    from lightly.loss import NTXentLoss

    return NTXentLoss(temperature, gather_distributed=torch.distributed.is_available())
