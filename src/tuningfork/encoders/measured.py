"""Hand measurements as an encoder: to stand beside a learnt one, whose vectors they complete."""

import numpy as np
import torch
from torch import Tensor, nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["NUMBERS", "measured_encoder"]

NUMBERS = 17
VERSION = 1  # raise when the measurements or what follows change the numbers that come out
SIDE = 128  # pixels of the frame that is measured
_MIDDLE = (
    *(0.2213, 0.6878, 2.295, 0.1356, 0.4787),
    *(0.4363, -1.627, 0.0821, 5.0, 0.4339, 0.1722, 0.1157, -1.77, 0.7206, 1.951, 0.2876, 0.191),
)
_SPREAD = (
    *(0.05085, 0.2055, 0.2316, 0.08883, 0.3588),
    *(0.03824, 0.2356, 0.02324, 3.5, 0.3368, 0.3387, 0.09288, 0.4662, 0.05887, 0.4014, 0.2824, 0.09528),
)
"""Median and half the width of the middle 68 % of each number among 1,500 galaxies of Galaxy Zoo 1, without
their labels. Other galaxies only shift and stretch the numbers.
"""
_BEND = 3.0  # spreads from which on a number is bent to its end, so that no outlier rules


class _Measures(nn.Module):
    """Called with frames [N, 3, S, S] in 0..1, returns [N, 170]: 17 numbers, their squares and products.

    A head on them is a quadratic one: "elongated and without a bulge" is a product.
    """

    def forward(self, x: Tensor) -> Tensor:
        frames = x.float().cpu().permute(0, 2, 3, 1).numpy()
        numbers = np.stack([raw_numbers(frame) for frame in frames])
        bent = _BEND * np.tanh((numbers - np.array(_MIDDLE)) / np.array(_SPREAD) / _BEND)
        left, right = np.triu_indices(NUMBERS, 1)
        told = np.concatenate([bent, bent**2 - 1, bent[:, left] * bent[:, right]], axis=1)
        return torch.from_numpy(told.astype(np.float32)).to(x.device)


def raw_numbers(frame: np.ndarray) -> np.ndarray:
    """The 17 measurements (17,) of a frame (S, S, 3) in 0..1, blue first; zeros where one has no value."""
    from tuningfork.images.measurements import measure
    from tuningfork.images.morphology import describe

    frame = np.ascontiguousarray(frame)
    return np.nan_to_num(np.concatenate([measure(frame), describe(frame)]), posinf=0, neginf=0)


def measured_encoder() -> Encoder:
    """The encoder ``measured``."""
    preprocessing = Preprocessing(SIDE, "frame", 1.0)
    key = encoder_key("measured", f"version {VERSION}", preprocessing)
    dim = NUMBERS + NUMBERS + NUMBERS * (NUMBERS - 1) // 2
    return Encoder(EncoderSpec("measured", key, dim, (), preprocessing), _Measures())
