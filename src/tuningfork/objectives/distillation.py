"""Learn from a teacher that learnt without labels. Hinton et al. 2015, on embeddings instead of class scores;
taught as Beyer et al. 2022 ("A good teacher is patient and consistent")."""

import torch
from torch import Tensor, nn

from tuningfork.objectives.contrastive import PART
from tuningfork.objectives.registry import Views
from tuningfork.objectives.teacher import Teacher, resized

__all__ = ["Distillation"]


class Distillation(nn.Module):
    """Teacher and pupil see the same view, the pupil at its own size, and are to say the same of it; an
    eighth of the views are painted too.

    Half of the batches are mixed: each picture with another one, by a share drawn from 0 to 1. A mix is no
    galaxy, but what the teacher says of it tells of the teacher, and a few thousand galaxies do not run out.
    Mean squared error keeps the lengths, the cosine the directions in which neighbours are looked for.

    Parameters
    ----------
    teacher : Teacher
    size : int
        Side of the pupil's pictures.
    direction, painting : float
        Weights of the cosine and of the painting.
    mixed : float
        Share of the batches that are mixed.
    """

    def __init__(
        self,
        teacher: Teacher,
        size: int,
        *,
        direction: float = 0.5,
        painting: float = 10.0,
        mixed: float = 0.5,
    ):
        super().__init__()
        self.teacher, self.size = teacher, size
        self.direction, self.painting, self.mixed = direction, painting, mixed

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        one, clean = self._mixed(views.one, views.clean)
        target = torch.cat([self.teacher(part) for part in one.split(PART)])
        few = max(1, len(one) // 8)
        maps = [network.maps(part) for part in resized(one, self.size).split(PART)]
        embedded = torch.cat([network.pool(m) for m in maps]).float()
        away = nn.functional.mse_loss(embedded, target)
        turned = 1 - nn.functional.cosine_similarity(embedded, target).mean()
        few = min(few, len(maps[0][0]))
        painted = network.decoder([m[:few] for m in maps[0]]).float()
        error = nn.functional.mse_loss(painted, resized(clean[:few], self.size))
        loss = away + self.direction * turned + self.painting * error
        return loss, {"away": away.item(), "turned": turned.item(), "reconstruction": error.item()}

    def _mixed(self, one: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training or torch.rand(()) >= self.mixed:
            return one, clean
        other = torch.randperm(len(one)).to(one.device)
        share = torch.rand(len(one), 1, 1, 1).to(one.device)
        return tuple(share * p + (1 - share) * p[other] for p in (one, clean))

    @torch.no_grad()
    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in and what comes out, at the views' size."""
        given = resized(views.one, self.size)
        painted = network.reconstruct(given)
        return views.one, resized(painted.float(), views.one.shape[-1])
