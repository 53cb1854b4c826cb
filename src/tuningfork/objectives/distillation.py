"""Learn from a teacher that learnt without labels. Hinton et al. 2015, on embeddings instead of class
scores."""

from torch import Tensor, nn

from tuningfork.objectives.contrastive import PART
from tuningfork.objectives.registry import Views

__all__ = ["Distillation"]


class Distillation(nn.Module):
    """The embedding of any view is to be the teacher's of the whole galaxy; an eighth of the galaxies are
    painted too.

    Mean squared error keeps the lengths, the cosine the directions in which neighbours are looked for. A
    convolutional
    teacher learns from thousands of pictures what attention would need millions for, and hands it over in
    minutes.
    """

    def __init__(self, dim: int, direction: float = 0.5, painting: float = 10.0):
        super().__init__()
        self.dim, self.direction, self.painting = dim, direction, painting

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        import torch

        if views.target is None or views.target.shape[1] != self.dim:
            raise ValueError("distillation wants a teacher's embeddings of the network's own length")
        maps = [network.maps(part) for part in views.one.split(PART)]
        embedded = torch.cat([network.pool(m) for m in maps]).float()
        away = nn.functional.mse_loss(embedded, views.target)
        turned = 1 - nn.functional.cosine_similarity(embedded, views.target).mean()
        few = min(max(1, len(views.one) // 8), len(maps[0][0]))
        painted = network.decoder([m[:few] for m in maps[0]]).float()
        error = nn.functional.mse_loss(painted, views.clean[:few])
        loss = away + self.direction * turned + self.painting * error
        return loss, {"away": away.item(), "turned": turned.item(), "reconstruction": error.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, and what the network paints of it."""
        return views.one, network.decoder(network.maps(views.one)).float()
