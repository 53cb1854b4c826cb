"""Paint the picture back. Fu et al. 2024: mean squared error between the painted and the true stamp."""

from torch import Tensor, nn

from tuningfork.objectives.registry import Views

__all__ = ["Reconstruction", "Restoration"]


class Reconstruction(nn.Module):
    """Mean squared error, in unit pixels, between the decoder's picture of a clean window and that window.

    The paper's pre-training (section II.B). Full skip connections can carry the picture past the embedding.
    """

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        painted = self.paint(network, views)[1]
        loss = nn.functional.mse_loss(painted, views.clean)
        return loss, {"reconstruction": loss.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, and what the network paints of it."""
        return views.clean, network.decoder(network.maps(views.clean)).float()


class Restoration(nn.Module):
    """Mean squared error between the decoder's picture of a disturbed view and its clean window.

    The paper's restoration task, here without a network that was pre-trained on something else: something
    has to be understood before the picture can be painted, whatever the skip connections carry.
    """

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        painted = self.paint(network, views)[1]
        loss = nn.functional.mse_loss(painted, views.clean)
        return loss, {"restoration": loss.item()}

    def paint(self, network: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
        """What goes in, and what the network paints of it."""
        return views.one, network.decoder(network.maps(views.one)).float()
