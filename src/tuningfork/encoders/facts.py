"""What pixels mean: the part of the preprocessing contract that collections and weights both carry."""

import re
from dataclasses import dataclass, field
from typing import Any

from tuningfork.errors import UsageError

__all__ = ["NANOMAGGY", "PixelFacts"]

NANOMAGGY = 22.5  # AB magnitude of one nanomaggy, by definition
_NO_NAME = re.compile(r"(band\d+)?")
_KINDS = ("encoded", "flux")


@dataclass(frozen=True)
class PixelFacts:
    """Of a collection: what its stamps hold. Of an encoder: what the stamps held that it learnt from.

    Attributes
    ----------
    bands : tuple of str
        Names from blue to red; empty where nobody named them.
    pixels : str
        ``encoded`` (stretched by whoever made the picture, or by each collection's own stretch) or ``flux``
        (linear, brought to 0..1 by ``stretch``).
    stretch : dict
        What `tuningfork.images.stretch.stretch_from_table` reads; empty for none.
    unit : str
        Of the flux.
    zero_point : float or None
        AB magnitude of one unit of flux.
    pixel_scale : float or None
        Arcsec per pixel.
    """

    bands: tuple[str, ...] = ()
    pixels: str = "encoded"
    stretch: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    zero_point: float | None = None
    pixel_scale: float | None = None

    def __post_init__(self) -> None:
        if self.pixels not in _KINDS:
            raise UsageError(f"pixels are {' or '.join(_KINDS)}, not {self.pixels!r}")
        if not all(isinstance(band, str) for band in self.bands):
            raise UsageError("names of bands are text")

    @classmethod
    def of(cls, manifest: Any) -> "PixelFacts":
        """The facts of a collection, from its manifest."""
        flux = manifest.pixels == "flux"
        return cls(
            bands=tuple(manifest.bands),
            pixels=manifest.pixels,
            stretch=dict(manifest.stretch) if flux else {},
            unit=manifest.unit,
            zero_point=manifest.zero_point,
            pixel_scale=manifest.pixel_scale,
        )

    @property
    def is_flux(self) -> bool:
        """True for linear pixels."""
        return self.pixels == "flux"

    @property
    def are_named(self) -> bool:
        """True when every band has a name of its own; ``band1`` is only a number."""
        return len(set(self.bands)) == len(self.bands) > 0 and not any(
            _NO_NAME.fullmatch(band) for band in self.bands
        )

    @property
    def known_zero_point(self) -> float | None:
        """The zero point, also where the unit or a stretch made for nanomaggies tells it."""
        if self.zero_point is not None:
            return self.zero_point
        by_unit = self.unit.lower() in ("nanomaggy", "nanomaggies", "nmgy")
        return NANOMAGGY if by_unit or self.stretch.get("kind") == "legacy" else None

    def in_words(self) -> str:
        """What an encoder that learnt from these takes, in one line for a person."""
        bands = f"bands {', '.join(self.bands)} by name" if self.are_named else "bands by place"
        if not self.is_flux:
            return f"pictures, or flux through the collection's own stretch; {bands}"
        zero = self.known_zero_point
        scale = f"zero point {zero:g}" if zero is not None else "the unit and scale it was trained on"
        return (
            f"linear flux at {scale}, through its own {self.stretch.get('kind', 'linear')} stretch; {bands}"
        )
