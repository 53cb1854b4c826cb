"""How a person looks at a galaxy: curve, levels, one band or colour, inverted; never what encoders see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.images.background import sky_level
from tuningfork.images.stretch import Stretch, restretch_display, to_display

__all__ = ["CURVES", "Levels", "Look", "find_levels", "look_of", "show"]

CURVES = ("as-is", "linear", "asinh", "deep")
MOST = 10  # steps of black and white to either side
_MOST_BANDS = 64
_FORM = re.compile(
    r"(as-is|linear|asinh|deep)(?:_k(-?\d{1,2}))?(?:_w(-?\d{1,2}))?(?:_b(\d{1,2}))?(_n)?", re.ASCII
)


@dataclass(frozen=True)
class Look:
    """One way to show a galaxy.

    Parameters
    ----------
    curve : str
        One of `CURVES`; "as-is" is the collection's own stretch.
    black : int
        -10 to 10: higher makes more of the sky black, in steps of 0.75 of its noise.
    white : int
        -10 to 10: higher is brighter, each step by the square root of 2.
    band : int, optional
        One band alone, in grey, counted from the bluest; the picture in colour when not given.
    inverted : bool
        Dark galaxies on a bright sky.
    """

    curve: str = "as-is"
    black: int = 0
    white: int = 0
    band: int | None = None
    inverted: bool = False

    def __str__(self) -> str:
        parts = [self.curve, f"_k{self.black}" if self.black else "", f"_w{self.white}" if self.white else ""]
        return "".join([*parts, "" if self.band is None else f"_b{self.band}", "_n" * self.inverted])


@dataclass(frozen=True)
class Levels:
    """Sky, noise and the bright end of each band of a collection of flux, float32 ``[C]``."""

    sky: np.ndarray
    noise: np.ndarray
    bright: np.ndarray


def look_of(text: str) -> Look:
    """The look that a text names, ``asinh_k2_w-3_b1_n``; raises `UsageError` for any other text.

    Examples
    --------
    >>> look_of("deep_w2")
    Look(curve='deep', black=0, white=2, band=None, inverted=False)
    """
    found = _FORM.fullmatch(text)
    if found is not None:
        curve, black, white, band, inverted = found.groups()
        look = Look(
            curve, int(black or 0), int(white or 0), None if band is None else int(band), bool(inverted)
        )
        within = max(abs(look.black), abs(look.white)) <= MOST and (look.band or 0) < _MOST_BANDS
        if within and str(look) == text:
            return look
    raise UsageError(f"'{text[:40]}' is no way to show a galaxy", remedy="Write it as asinh_k2_w-3_b1_n")


def find_levels(sample: Sequence[np.ndarray]) -> Levels:
    """The levels of a collection of flux, from some of its images ``[H, W, C]``: medians over the sample.

    The bright end is the 99.8 percentile, or 60 times the noise above the sky where that is higher, as for
    the collection's own stretch.
    """
    bands = range(sample[0].shape[2])
    skies = np.array([[sky_level(image[..., band]) for band in bands] for image in sample], np.float64)
    sky, noise = np.median(skies, axis=0).T
    bright = np.median([np.percentile(image, 99.8, axis=(0, 1)) for image in sample], axis=0)
    noise = np.where(noise > 0, noise, np.maximum((bright - sky) / 100, 1e-6 * np.maximum(1, np.abs(sky))))
    return Levels(*(np.asarray(a, np.float32) for a in (sky, noise, np.maximum(bright, sky + 60 * noise))))


def show(
    pixels: np.ndarray,
    look: Look,
    *,
    stretch: Stretch | None = None,
    shown: Sequence[int] | None = None,
    levels: Levels | None = None,
) -> np.ndarray:
    """Stored pixels as a picture, uint8 ``[H, W, 3]``, red first.

    Parameters
    ----------
    pixels : ndarray
        ``[H, W, C]`` as a collection gives them, blue first.
    look : Look
        A band that is not there is the last one.
    stretch, shown
        The collection's own, see `to_display`.
    levels : Levels, optional
        Of a collection of flux; without them a picture is taken as somebody else stretched it.
    """
    live = (
        pixels.dtype.kind == "f" and levels is not None and (look.curve != "as-is" or look.band is not None)
    )
    picture = _live(pixels, look, shown, levels) if live else _stored(pixels, look, stretch, shown)  # type: ignore[arg-type]
    return 255 - picture if look.inverted else picture


def _live(pixels: np.ndarray, look: Look, shown: Sequence[int] | None, levels: Levels) -> np.ndarray:
    """From flux: black 1.5 times the noise below the sky; deep ends at an eighth of the range."""
    black = levels.sky + (0.75 * look.black - 1.5) * levels.noise
    span = np.maximum(levels.bright - black, levels.noise) * 2 ** (-look.white / 2)
    if look.curve == "deep":
        span = span / 8
    unit = np.clip((pixels - black) / span, 0, 1)
    if look.curve != "linear":
        softening = np.clip(3 * levels.noise / span, 0.005, 0.3)
        unit = np.arcsinh(unit / softening) / np.arcsinh(1 / softening)
    if look.band is not None:
        unit = _one_band(unit, look.band)
    return to_display(unit.astype(np.float32), _Unit(), shown)


def _stored(
    pixels: np.ndarray, look: Look, stretch: Stretch | None, shown: Sequence[int] | None
) -> np.ndarray:
    """From a picture that is stretched already: levels and curves are tables of its 256 values."""
    if look.band is not None and pixels.dtype.kind != "f":
        pixels = _one_band(pixels, look.band)
    rgb = to_display(pixels, stretch, shown)
    if look.black or look.white:
        low = 0.02 * look.black
        table = (np.arange(256) / 255 - low) / ((1 - low) * 2 ** (-look.white / 2))
        rgb = (np.clip(table, 0, 1) * 255 + 0.5).astype(np.uint8)[rgb]
    return restretch_display(rgb, {"as-is": "as is", "linear": "as is"}.get(look.curve, look.curve))


def _one_band(pixels: np.ndarray, band: int) -> np.ndarray:
    band = min(band, pixels.shape[2] - 1)
    return pixels[..., band : band + 1]


class _Unit(Stretch):
    """Nothing more to do; it tells `to_display` that the pixels are flux, whose first row is the lowest."""

    kind = "unit"

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        return flux
