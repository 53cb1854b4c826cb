"""Stretches: flux to unit brightness, as objects that are saved with a collection and with weights.

Also the two ways out of stored pixels that everything else uses, `to_unit` (for encoders) and `to_display`
(for people), so that the same stretch trains and displays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tuningfork.config import from_table, to_table
from tuningfork.errors import ImageError, UnknownNameError, UsageError

__all__ = [
    "Asinh",
    "LegacyRGB",
    "Linear",
    "Log",
    "Lupton",
    "Stretch",
    "ZScale",
    "restretch_display",
    "stretch_from_table",
    "to_display",
    "to_unit",
]


class Stretch:
    """Call it: flux ``[H, W, C]`` to float32 0..1 of that shape. Parameters are in units of the flux."""

    kind: ClassVar[str]

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def to_table(self) -> dict[str, Any]:
        """The stretch as a plain table, ``kind`` first; `stretch_from_table` reads it back."""
        return {"kind": self.kind, **to_table(self)}


@dataclass(frozen=True)
class Linear(Stretch):
    """``low`` becomes black, ``high`` white."""

    low: float = 0.0
    high: float = 1.0
    kind: ClassVar[str] = "linear"

    def __post_init__(self):
        _need(self.high > self.low, "a linear stretch needs high > low")

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        return _ramp(flux, self.low, self.high)


@dataclass(frozen=True)
class Asinh(Stretch):
    """Linear near ``low``, logarithmic beyond ``softening`` (a fraction of the range); ``high`` is white.

    The scaling of Lupton, Gunn & Szalay (1999), each band for itself.
    """

    low: float = 0.0
    high: float = 1.0
    softening: float = 0.1
    weights: tuple[float, ...] = ()  # one factor per band, applied first; none for equal weights
    kind: ClassVar[str] = "asinh"

    def __post_init__(self):
        _need(
            self.high > self.low and self.softening > 0, "an asinh stretch needs high > low and softening > 0"
        )

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        ramp = _ramp(_weighted(flux, self.weights), self.low, self.high)
        return np.arcsinh(ramp / np.float32(self.softening)) / np.float32(np.arcsinh(1 / self.softening))


@dataclass(frozen=True)
class Log(Stretch):
    """``log(1 + a x)`` of the linear ramp, scaled to 0..1; larger ``a`` lifts the faint more."""

    low: float = 0.0
    high: float = 1.0
    a: float = 1000.0
    kind: ClassVar[str] = "log"

    def __post_init__(self):
        _need(self.high > self.low and self.a > 0, "a log stretch needs high > low and a > 0")

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        return np.log1p(np.float32(self.a) * _ramp(flux, self.low, self.high)) / np.float32(np.log1p(self.a))


@dataclass(frozen=True)
class ZScale(Stretch):
    """IRAF's zscale limits, found anew in every stamp, so two stamps cannot be compared in brightness."""

    contrast: float = 0.25
    kind: ClassVar[str] = "zscale"

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        from astropy.visualization import ZScaleInterval

        low, high = ZScaleInterval(contrast=self.contrast).get_limits(flux)
        return _ramp(flux, float(low), float(high) if high > low else float(low) + 1.0)


@dataclass(frozen=True)
class Lupton(Stretch):
    """Colour-preserving asinh (Lupton et al. 2004, PASP 116, 133): the mean is stretched, ratios are kept.

    The mean intensity ``I`` becomes ``asinh(q (I - minimum) / stretch) / asinh(q)``, so ``minimum + stretch``
    is white; where a band would pass 1 the pixel is scaled down as a whole, which keeps its colour.
    """

    minimum: float = 0.0
    stretch: float = 1.0
    q: float = 8.0
    weights: tuple[float, ...] = ()  # one factor per band, applied first; none for equal weights
    kind: ClassVar[str] = "lupton"

    def __post_init__(self):
        _need(self.stretch > 0 and self.q > 0, "a Lupton stretch needs stretch > 0 and q > 0")

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        above = np.maximum(_weighted(flux, self.weights) - np.float32(self.minimum), 0)
        mean = above.mean(axis=2, keepdims=True)
        wanted = np.arcsinh(mean * np.float32(self.q / self.stretch)) / np.float32(np.arcsinh(self.q))
        out = above * (wanted / np.maximum(mean, np.finfo(np.float32).tiny))
        return out / np.maximum(out.max(axis=2, keepdims=True), 1)


@dataclass(frozen=True)
class LegacyRGB(Stretch):
    """The colours of the Legacy Surveys' viewer for g, r, z in nanomaggies, by its ``dr2_rgb`` constants.

    Bands are weighted 6.0, 3.4, 2.2, lifted by ``m``, and their mean is stretched as ``asinh(q I) / sqrt(q)``
    (Legacy Surveys, https://www.legacysurvey.org/viewer; Dey et al. 2019). Needs three bands, blue to red.
    """

    m: float = 0.03
    q: float = 20.0
    kind: ClassVar[str] = "legacy"
    weights: ClassVar[tuple[float, float, float]] = (6.0, 3.4, 2.2)

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        if flux.shape[2] != 3:
            raise ImageError(f"the legacy stretch is for the three bands g, r, z, not {flux.shape[2]}")
        lifted = np.maximum(np.asarray(flux, np.float32) * np.float32(self.weights) + np.float32(self.m), 0)
        mean = lifted.mean(axis=2, keepdims=True)
        factor = (
            np.arcsinh(np.float32(self.q) * mean)
            / np.float32(np.sqrt(self.q))
            / np.maximum(mean, np.float32(1e-6))
        )
        return np.clip(lifted * factor, 0, 1)


_KINDS = {kind.kind: kind for kind in (Linear, Asinh, Log, ZScale, Lupton, LegacyRGB)}


def stretch_from_table(table: dict[str, Any]) -> Stretch:
    """The stretch that ``Stretch.to_table`` wrote; `UnknownNameError` for an unknown kind or setting."""
    settings = dict(table)
    kind = str(settings.pop("kind", "linear"))
    if kind not in _KINDS:
        raise UnknownNameError("stretch", kind, _KINDS)
    return from_table(_KINDS[kind], settings, where=f"stretch {kind}")


def to_unit(pixels: np.ndarray, stretch: Stretch | None = None) -> np.ndarray:
    """Stored pixels as float32 ``[H, W, C]`` in 0..1.

    Encoded pixels (uint8, uint16) are divided by their full range, since whoever made the picture stretched
    it; flux (floating point) goes through ``stretch``, or is taken as unit already when that is None.
    """
    if pixels.dtype == np.uint8:
        return pixels * np.float32(1 / 255)
    if pixels.dtype == np.uint16:
        return pixels * np.float32(1 / 65535)
    if pixels.dtype.kind != "f":
        raise ValueError(f"pixels are uint8, uint16 or floating point, not {pixels.dtype}")
    return (
        pixels.astype(np.float32, copy=False)
        if stretch is None
        else stretch(pixels).astype(np.float32, copy=False)
    )


def to_display(
    pixels: np.ndarray, stretch: Stretch | None = None, shown: Sequence[int] | None = None
) -> np.ndarray:
    """Stored pixels as a picture: uint8 ``[H, W, 3]``, **red first**.

    One band becomes grey; two show their mean as green; of more than three those numbered in ``shown`` (blue,
    green, red) are taken, or else the first, middle and last. Flux (floating point with a ``stretch``) is
    turned top to bottom, since row 0 of a FITS image is its lowest.
    """
    unit = to_unit(pixels, stretch)
    bands = unit.shape[2]
    if bands == 2:
        unit = np.stack([unit[..., 0], unit.mean(axis=2), unit[..., 1]], axis=2)
    elif bands != 3:
        picks = list(shown) if shown and max(shown) < bands else [0, bands // 2, bands - 1]
        unit = unit[:, :, picks]
    if pixels.dtype.kind == "f" and stretch is not None:
        unit = unit[::-1]
    return np.ascontiguousarray((np.clip(unit, 0, 1) * 255 + 0.5).astype(np.uint8)[:, :, ::-1])


def restretch_display(rgb: np.ndarray, mode: str = "as is") -> np.ndarray:
    """Lift the faint parts of a uint8 picture by a monotone table; ``mode``: "as is", "asinh" or "deep"."""
    curves: dict[str, Callable | None] = {
        "as is": None,
        "asinh": _asinh_curve(5.0),
        "deep": _asinh_curve(40.0),
    }
    if mode not in curves:
        raise UnknownNameError("display stretch", mode, curves)
    curve = curves[mode]
    return rgb if curve is None else curve(np.arange(256))[rgb]


def _asinh_curve(strength: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: (np.arcsinh(strength * x / 255) / np.arcsinh(strength) * 255 + 0.5).astype(np.uint8)


def _weighted(flux: np.ndarray, weights: tuple[float, ...]) -> np.ndarray:
    flux = np.asarray(flux, np.float32)
    if not weights:
        return flux
    if len(weights) != flux.shape[2]:
        raise ImageError(f"a stretch for {len(weights)} bands does not fit an image of {flux.shape[2]}")
    return flux * np.asarray(weights, np.float32)


def _ramp(flux: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((np.asarray(flux, np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise UsageError(what)
