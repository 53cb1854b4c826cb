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

_LARGEST_SIDE = 4096
_MOST_BANDS = 64


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
        if self.size > _LARGEST_SIDE or not 1 <= self.bands <= _MOST_BANDS:
            raise UsageError(f"size {self.size} or {self.bands} bands is out of range")
        for values, least in ((self.mean, -math.inf), (self.std, 0.0)):
            if len(values) not in (1, self.bands) or not all(least < v < math.inf for v in values):
                raise UsageError(f"mean and std are 1 or {self.bands} numbers, std above 0")

    @property
    def shortest(self) -> int:
        """The shorter side below which decoding would lose what the network could see."""
        return math.ceil(self.size / min(self.zoom, 1.0)) if self.window == "frame" else 2 * self.size

    def in_words(self) -> str:
        """One line for a person."""
        what = "radii of the galaxy each way" if self.window == "galaxy" else "of the frame"
        order = ", red first" if self.red_first and self.bands > 1 else ""
        scaled = (
            f", less {self.mean} and divided by {self.std}"
            if (self.mean, self.std) != ((0.0,), (1.0,))
            else ""
        )
        bands = f"{self.bands} band{'s' * (self.bands > 1)}"
        return f"{self.size} x {self.size} pixels of a window of {self.zoom:g} {what}, {bands}{order}{scaled}"

    def __call__(self, stamps: Sequence[np.ndarray]) -> "Tensor":
        """Stamps ``[H, W, C]`` (uint8, uint16 or unit float32; blue first) -> ``[N, C, size, size]``
        float32."""
        import torch

        batch = np.empty((len(stamps), self.bands, self.size, self.size), np.float32)
        order = range(self.bands)[::-1] if self.red_first else range(self.bands)
        means, stds = (np.broadcast_to(np.float32(v), self.bands) for v in (self.mean, self.std))
        for planes, stamp in zip(batch, stamps, strict=True):
            window = self._window_of(as_bands(stamp, self.bands))
            for plane, band, mean, std in zip(planes, order, means, stds, strict=True):
                _unit(window[..., band], out=plane)
                if (mean, std) != (0, 1):
                    np.subtract(plane, mean, out=plane)
                    np.divide(plane, std, out=plane)
        return torch.from_numpy(batch)

    def _window_of(self, stamp: np.ndarray) -> np.ndarray:
        """The window ``[size, size, C]`` of one stamp, of its own type, antialiased."""
        import cv2

        from tuningfork.images.extent import galaxy_radius
        from tuningfork.images.scaling import scaled

        height, width = stamp.shape[:2]
        side = min(height, width)
        half = (
            min(self.zoom * galaxy_radius(stamp), 0.5) * side
            if self.window == "galaxy"
            else self.zoom * side / 2
        )
        step = 2 * half / self.size  # stamp pixels per pixel of the result
        if step >= 2:  # let the area mean do the shrinking that linear interpolation would alias
            stamp = scaled(stamp, 1 / math.floor(step), cv2.INTER_AREA)
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
        return window.reshape(self.size, self.size, -1)


def _unit(pixels: np.ndarray, out: np.ndarray) -> None:
    """Encoded or unit pixels as 0..1, written into a float32 array of their shape."""
    scale = {np.dtype(np.uint8): 1 / 255, np.dtype(np.uint16): 1 / 65535}.get(pixels.dtype, 1.0)
    np.multiply(pixels, np.float32(scale), out=out, dtype=np.float32)


def as_bands(stamp: np.ndarray, bands: int) -> np.ndarray:
    """A stamp with the wanted number of bands: a single one is repeated; any other number is refused, since
    which to take is a person's choice (`tuningfork.encoders.fit.fit`)."""
    have = stamp.shape[2]
    if have == bands:
        return stamp
    if have != 1:
        raise UsageError(f"a stamp of {have} bands does not fit an encoder of {bands}", remedy="Choose bands")
    return np.ascontiguousarray(np.repeat(stamp, bands, axis=2))
