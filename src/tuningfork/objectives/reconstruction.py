"""Paint the picture back. Fu et al. 2024: mean squared error between the painted and the true stamp."""

from torch import Tensor, nn

from tuningfork.objectives.registry import Views

__all__ = ["Reconstruction", "Restoration"]


class Reconstruction(nn.Module):
    """Mean squared error, in unit pixels, between the decoder's picture of a clean window and that window.

    The paper's pre-training (section II.B). Full skip connections can carry the picture past the embedding.
    """

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        return _painted_from(network, views.clean, views.clean, "reconstruction")


class Restoration(nn.Module):
    """Mean squared error between the decoder's picture of a disturbed view and its clean window.

    The paper's restoration task, here without a network that was pre-trained on something else: something
    has to be understood before the picture can be painted, whatever the skip connections carry.
    """

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        return _painted_from(network, views.one, views.clean, "restoration")


def _painted_from(
    network: nn.Module, given: Tensor, wanted: Tensor, name: str
) -> tuple[Tensor, dict[str, float]]:
    painted = network.decoder(network.maps(given)).float()
    loss = nn.functional.mse_loss(painted, wanted)
    return loss, {name: loss.item()}
