"""What is wrong with a stamp, told from its pixels alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tuningfork.images.framing import framing
from tuningfork.images.lines import crossing_line
from tuningfork.images.stretch import Stretch, to_unit

__all__ = ["LIMITS", "Flaw", "pixel_flaws"]

# Set on half of the galaxies of several surveys, judged on the other half: benchmarks/fault_rates.py.
LIMITS = {
    "tiny": 8,  # pixels of the shorter side
    "bad_pixels": 0.1,  # share of the pixels that were NaN, or are 0 in one band and not in another
    "saturated": 0.01,  # share of the pixels that is white, or of one band that is cut off at one value
    "off_centre": 0.13,  # shorter sides from the middle to the peak
    "star": 0.004,  # share of the area that a star's core at full brightness takes
    "lines": 1.0,  # strength, see images/lines.py
}
_PLATEAU = 9  # pixels at one highest flux


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault: its kind, a line of detail, and a strength: 1 at the limit, growing with the fault."""

    kind: str
    detail: str
    strength: float = 1.0


def pixel_flaws(pixels: np.ndarray, stretch: Stretch | None = None) -> Iterator[Flaw]:
    """The faults of one stamp.

    ``tiny``: a side under 8 pixels. ``blank``: every pixel of the stamp has one value. ``half_black``: the
    lower or upper half is pure black while the other is not, as in pictures of an error message (Doherty
    2024, 5.2.2) and in broken downloads. ``bad_pixels``: over a tenth of a band of flux is exactly 0 where
    another band is not, as surveys write what they have no data for. ``saturated``: over 1 per cent is white,
    or a band's highest flux is a plateau. ``lines``: see `tuningfork.images.lines.crossing_line`.
    ``off_centre``: no peak within 0.13 sides of the middle. ``star``: the core of a star, full in some band,
    covers over 0.4 per cent away from the middle, and over twice what is full in the middle.

    Parameters
    ----------
    pixels : ndarray
        ``[H, W, C]`` encoded or flux.
    stretch : Stretch, optional
        For flux; without one, flux is taken as unit.

    Yields
    ------
    Flaw
        What makes others meaningless ends the list: a blank stamp is not off-centre as well.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < LIMITS["tiny"]:
        yield Flaw("tiny", f"{width} x {height} pixels", LIMITS["tiny"] / min(height, width))
    if pixels.min() == pixels.max():
        yield Flaw("blank", f"every pixel is {pixels.flat[0]:g}")
        return
    if min(height, width) < LIMITS["tiny"]:
        return
    half = _black_half(pixels)
    if half:
        yield Flaw("half_black", f"the {half} half is pure black")
        return
    gap = _gap(pixels)
    if gap > LIMITS["bad_pixels"]:
        yield Flaw("bad_pixels", f"{gap:.0%} of a band has no data", gap / LIMITS["bad_pixels"])
    white = _white(pixels)
    if white > LIMITS["saturated"]:
        yield Flaw(
            "saturated", f"{white:.1%} of the pixels are at the highest value", white / LIMITS["saturated"]
        )
    yield from _of_the_picture(to_unit(pixels, stretch) if pixels.dtype.kind == "f" else pixels)


def _of_the_picture(picture: np.ndarray) -> Iterator[Flaw]:
    line = crossing_line(picture)
    if line and line.strength >= LIMITS["lines"]:
        yield Flaw("lines", f"a {line.kind} line at {line.angle:.0f} degrees", line.strength)
    frame = framing(picture)
    if frame.offset > LIMITS["off_centre"]:
        what = (
            "nothing stands out of the sky"
            if frame.offset >= 1
            else f"{frame.offset:.2f} sides from the middle"
        )
        yield Flaw("off_centre", what, frame.offset / LIMITS["off_centre"])
    if frame.core > LIMITS["star"]:
        yield Flaw("star", f"a neighbour's full core covers {frame.core:.1%}", frame.core / LIMITS["star"])


def _black_half(pixels: np.ndarray) -> str:
    """Which half is pure black, "lower" or "upper", when the other holds something; else ""."""
    middle = pixels.shape[0] // 2
    for name, half in (("lower", pixels[middle:]), ("upper", pixels[:middle])):
        if not half.any():
            return name
    return ""


def _gap(pixels: np.ndarray) -> float:
    """Share of the pixels without data in the worst band, where another band of the flux has some."""
    if pixels.dtype.kind != "f":
        return 0.0
    nothing = pixels == 0
    return float((nothing & ~nothing.all(axis=2, keepdims=True)).mean(axis=(0, 1)).max())


def _white(pixels: np.ndarray) -> float:
    """Share of the pixels that are white in an encoded picture, or at the plateau of a band of flux."""
    if pixels.dtype.kind == "u":
        return float((pixels >= np.iinfo(pixels.dtype).max * 0.99).all(axis=2).mean())
    plateau = (pixels == pixels.max(axis=(0, 1))).sum(axis=(0, 1))
    return float(plateau.max()) / (pixels.shape[0] * pixels.shape[1]) if plateau.max() >= _PLATEAU else 0.0
