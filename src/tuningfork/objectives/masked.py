"""Paint what is hidden. Xie et al. 2022 (SimMIM), with the squared error that Fu et al. 2024 paint by."""

import torch
from torch import Tensor, nn

from tuningfork.objectives.registry import Views

__all__ = ["Masked", "hidden_error", "hidden_patches"]


class Masked(nn.Module):
    """Mean squared error over the hidden pixels alone.

    Parameters
    ----------
    bands : int
    share : float
        Of all patches that are hidden. SimMIM's 0.6; Fu et al. (table 4) hide up to 0.7.
    across : int
        Patches along a side. 8, so that a patch (8 of 64 pixels, 16 of 128) is no smaller than what a map of
        stride 8 sees at once: what is hidden cannot be guessed from the pixels next to it.

    Notes
    -----
    Hidden pixels are filled with a learned number a band. The mean of the picture would do for photographs,
    but most of a stamp is sky, and a patch at the sky's own level looks like sky that is really there.
    """

    def __init__(self, bands: int, share: float = 0.6, across: int = 8):
        super().__init__()
        self.share, self.across = share, across
        self.fill = nn.Parameter(torch.full((bands, 1, 1), 0.5))

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        hidden = hidden_patches(views.clean, self.share, self.across)
        painted = network.decoder(network.maps(self._given(views, hidden))).float()
        loss = hidden_error(painted, views.clean, hidden)
        return loss, {"masked": loss.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, patches hidden, and what the network paints of it."""
        given = self._given(views, hidden_patches(views.clean, self.share, self.across))
        return given, network.decoder(network.maps(given)).float()

    def _given(self, views: Views, hidden: Tensor) -> Tensor:
        return torch.where(hidden, self.fill, views.clean)


def hidden_patches(pictures: Tensor, share: float, across: int) -> Tensor:
    """Which pixels of a batch are hidden, bool ``[N, 1, H, W]``; as many in each picture."""
    n, (height, width) = len(pictures), pictures.shape[-2:]
    count = max(1, round(share * across**2))
    order = torch.rand(n, across**2, device=pictures.device).argsort(1)
    grid = (order < count).view(n, 1, across, across)
    down, right = (torch.arange(side, device=grid.device) * across // side for side in (height, width))
    return grid[:, :, down][..., right]


def hidden_error(painted: Tensor, true: Tensor, hidden: Tensor) -> Tensor:
    """Mean squared error over the hidden pixels of all bands."""
    return (painted - true).square()[hidden.expand_as(true)].mean()
