"""What is wrong with a stamp, told from its pixels alone."""

from collections.abc import Iterator

import numpy as np

__all__ = ["pixel_flaws"]

_TINY = 8  # pixels
_SATURATED = 0.05  # share of the pixels


def pixel_flaws(pixels: np.ndarray) -> Iterator[tuple[str, str]]:
    """Flags with a detail each, for ``[H, W, C]`` encoded or flux pixels.

    ``tiny``: a side under 8 pixels. ``blank``: every pixel of the stamp has one value. ``saturated``: over 5
    per cent of an encoded picture is white. ``half_black``: the lower or upper half is pure black while the
    other is not, as in pictures of an error message (Doherty 2024, 5.2.2) and in broken downloads.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _TINY:
        yield "tiny", f"{width} x {height} pixels"
    if pixels.min() == pixels.max():
        yield "blank", f"every pixel is {pixels.flat[0]:g}"
        return
    if pixels.dtype.kind == "u":
        white = float((pixels >= np.iinfo(pixels.dtype).max * 0.995).all(axis=2).mean())
        if white > _SATURATED:
            yield "saturated", f"{white:.0%} of the pixels are white"
    for name, half in (("lower", pixels[height // 2 :]), ("upper", pixels[: height // 2])):
        if height >= _TINY and not half.any():
            yield "half_black", f"the {name} half is black"
