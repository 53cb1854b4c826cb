"""Pictures in which there is nothing to see get no label, whatever a network would say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.encoders.contract import Encoder
from tuningfork.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Seeing"]

_LEAST = 1e-5  # of what the network is given; a grey level of eight bits is a hundred times that and more


class Seeing(Encoder):
    """An encoder that refuses a picture whose every band has one value throughout the window.

    So `tuningfork.embeddings.prepare.prepare_rows` names it with its reason, as it does a stamp that cannot
    be read.
    """

    def preprocess(self, stamps: Sequence[np.ndarray]) -> "Tensor":
        """As of `Encoder`; raises `DataError` where a picture has no signal."""
        x = super().preprocess(stamps)
        if ((x.amax((2, 3)) - x.amin((2, 3))).amax(1) < _LEAST).any():
            raise DataError("every pixel that the network would be given has one value: there is no signal")
        return x
