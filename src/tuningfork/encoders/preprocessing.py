"""From a stamp to what a network expects: one object, saved with the weights, used in training and in
prediction alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Preprocessing", "as_bands"]


@dataclass(frozen=True)
class Preprocessing:
    """Window, size, order of bands and scaling of values.

    A window is square around the middle of the stamp; what lies beyond the stamp's edge is mirrored sky.
    """

    size: int  # side of the result in pixels
    # "galaxy": `zoom` times the galaxy's radius each way; "frame": `zoom` times the shorter side in all
    window: str = "galaxy"
    zoom: float = 1.2
    bands: int = 3
    red_first: bool = False  # networks trained on photographs expect red, green, blue
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if self.window not in ("galaxy", "frame"):
            raise UsageError(f"window must be 'galaxy' or 'frame', not {self.window!r}")
        if self.size < 8 or not 0.05 < self.zoom < 20:
            raise UsageError(f"size {self.size} or zoom {self.zoom} is out of range")

    @property
    def shortest(self) -> int:
        """The shorter side below which decoding would lose what the network could see."""
        return math.ceil(self.size / min(self.zoom, 1.0)) if self.window == "frame" else 2 * self.size

    def __call__(self, stamps: Sequence[np.ndarray]) -> "Tensor":
        """Stamps ``[H, W, C]`` (uint8, uint16 or unit float32; blue first) -> ``[N, C, size, size]``
        float32."""
        import torch

        batch = np.empty((len(stamps), self.size, self.size, self.bands), np.float32)
        for place, stamp in zip(batch, stamps, strict=True):
            place[:] = self._window_of(as_bands(stamp, self.bands))
        if self.red_first:
            batch = batch[..., ::-1]
        if self.mean != (0.0,) or self.std != (1.0,):
            batch = (batch - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))

    def _window_of(self, stamp: np.ndarray) -> np.ndarray:
        """The unit float32 window ``[size, size, C]`` of one stamp, antialiased."""
        import cv2

        from tuningfork.images.extent import galaxy_radius

        height, width = stamp.shape[:2]
        side = min(height, width)
        half = (
            min(self.zoom * galaxy_radius(stamp), 0.5) * side
            if self.window == "galaxy"
            else self.zoom * side / 2
        )
        step = 2 * half / self.size  # stamp pixels per pixel of the result
        if step >= 2:  # let the area mean do the shrinking that linear interpolation would alias
            factor = 1 / math.floor(step)
            stamp = cv2.resize(stamp, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            step *= stamp.shape[0] / height
        elif step > 1:
            sigma = 0.5 * math.sqrt(step**2 - 1)
            stamp = cv2.GaussianBlur(stamp, (0, 0), sigma) if sigma > 0.25 else stamp
        shift = [(n - 1) / 2 - step * (self.size - 1) / 2 for n in (stamp.shape[1], stamp.shape[0])]
        affine = np.array([[step, 0, shift[0]], [0, step, shift[1]]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        window = cv2.warpAffine(
            stamp, affine, (self.size, self.size), flags=flags, borderMode=cv2.BORDER_REFLECT
        )
        return _unit(window).reshape(self.size, self.size, -1)


def _unit(pixels: np.ndarray) -> np.ndarray:
    scale = {np.dtype(np.uint8): 1 / 255, np.dtype(np.uint16): 1 / 65535}.get(pixels.dtype, 1.0)
    return pixels.astype(np.float32) * np.float32(scale)


def as_bands(stamp: np.ndarray, bands: int) -> np.ndarray:
    """A stamp with the wanted number of bands: one is repeated; of more, those evenly spaced from blue to
    red are taken."""
    have = stamp.shape[2]
    if have == bands:
        return stamp
    picks = np.zeros(bands, int) if have == 1 else np.round(np.linspace(0, have - 1, bands)).astype(int)
    return np.ascontiguousarray(stamp[:, :, picks])
