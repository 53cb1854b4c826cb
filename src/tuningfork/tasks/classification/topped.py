"""A network with a last layer of its own, which may learn alone."""

from typing import TYPE_CHECKING, Any

from torch import Tensor, no_grad
from torch.nn import Linear, Module, Sequential

if TYPE_CHECKING:
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.settings import ClassifierSettings

__all__ = ["Topped", "new_topped"]


class Topped(Sequential):
    """A trunk and a linear layer.

    While it is frozen the trunk keeps its numbers, those of its batch norms too.
    """

    def __init__(self, trunk: Module, head: Module):
        super().__init__(trunk, head)
        self.frozen = False

    def freeze(self, frozen: bool) -> None:
        """Keep the trunk as it is, or let it learn."""
        self.frozen = frozen
        self[0].requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> "Topped":
        super().train(mode)
        if self.frozen:
            self[0].eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        if not self.frozen:
            return super().forward(x)
        with no_grad():
            features = self[0](x)
        return self[1](features)


def new_topped(
    settings: "ClassifierSettings", outputs: int, bands: int = 3
) -> tuple[Topped, dict[str, Any], "Preprocessing | None"]:
    """The network of the settings with so many outputs, for so many bands.

    Returns
    -------
    network, facts, scaling
        ``facts`` tell a weights file how to build it again; ``scaling`` is the preprocessing whose order and
        scaling of the bands it begins with, None where it has none of its own.
    """
    import torch

    from tuningfork.encoders.starting import start_or_scale
    from tuningfork.encoders.trainable import new_network

    trunk, dim, facts = new_network(settings.network, channels=bands)
    scaling = start_or_scale(trunk, settings.start, bands) if settings.start else None
    if facts["network"] != "lvm":
        trunk.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - half the time on a CPU
    return Topped(trunk, Linear(dim, outputs)), {**facts, "outputs": outputs}, scaling
