"""Paint the picture back. Fu et al. 2024, section II.B: mean squared error between the painted and the true
stamp."""

from torch import Tensor, nn

from tuningfork.objectives.registry import Views

__all__ = ["Reconstruction"]


class Reconstruction(nn.Module):
    """Mean squared error, in unit pixels, between the decoder's picture of a disturbed view and its clean
    window.

    The paper feeds the clean picture and asks for it again, which skip connections answer without any
    embedding; ours
    is disturbed (blur, dimming, noise), so that something has to be understood.
    """

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        painted = network.decoder(network.maps(views.one)).float()
        loss = nn.functional.mse_loss(painted, views.clean)
        return loss, {"reconstruction": loss.item()}
