"""SimCLR as G036 (2023, section 3.2.1) trains it: the plain projection of Chen et al. 2020."""

from torch import nn

from tuningfork.objectives.contrastive import Contrastive, nt_xent
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["SimCLR"]


class SimCLR(Contrastive):
    """NT-Xent behind one hidden layer with ReLU.

    The paper names neither widths nor temperature: the hidden layer is as wide as the embedding, 128 numbers
    come out, and 0.5 is the temperature, all after Chen et al. There is no batch norm, which the paper does
    not mention and which means little over its batches of 8.
    """

    def __init__(self, dim: int, out: int = 128, temperature: float = 0.5):
        nn.Module.__init__(self)
        ensure_vision_ops()
        from lightly.models.modules.heads import SimCLRProjectionHead

        self.project = SimCLRProjectionHead(dim, dim, out, batch_norm=False)
        self.loss = nt_xent(temperature)
