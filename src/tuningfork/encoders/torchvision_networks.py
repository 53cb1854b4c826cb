"""Networks that timm does not have, from torchvision, untrained and without their classifier."""

from torch import nn

from tuningfork.errors import UnknownNameError
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["TORCHVISION", "bare_torchvision"]

TORCHVISION = ("alexnet",)  # Krizhevsky 2014, as torchvision has it: one column, no local normalisation


class _Bare(nn.Module):
    """What stands before the last layer."""

    def __init__(self, name: str, net: nn.Module, dim: int):
        super().__init__()
        self.name, self.net, self.dim = name, net, dim

    def forward(self, x):
        return self.net(x)


def bare_torchvision(name: str) -> _Bare:
    """A network of torchvision by its name there; raises `UnknownNameError` with the known names."""
    if name not in TORCHVISION:
        raise UnknownNameError("network of torchvision", name, TORCHVISION)
    ensure_vision_ops()
    import torchvision

    net = torchvision.models.get_model(name, weights=None)
    features = net.classifier[-1].in_features
    net.classifier[-1] = nn.Identity()
    return _Bare(name, net, features)
