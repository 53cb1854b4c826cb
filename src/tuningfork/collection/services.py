"""Cut-out services: where they are, what they can be asked for, and how gently; an entry of data for each."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from urllib.parse import urlencode, urlsplit

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["SERVICES", "CutoutService", "chosen_service"]


@dataclass(frozen=True)
class CutoutService:
    """A web service that gives the image around a position.

    Attributes
    ----------
    name : str
    base : str
        Address that the paths are put after. The environment variable ``TUNINGFORK_CUTOUTS_NAME`` (of
        the service, in capitals) takes its place, for a mirror.
    picture, flux : str
        Paths of colour pictures and of FITS.
    layer : str
        The survey's release that is asked for; another one is chosen with ``NAME:LAYER``.
    pixel_scale : float
        Arcsec per pixel when none is wished for.
    side, most : int
        Pixels along a side when none is wished for, and at most.
    rate : float
        Requests per second.
    in_flight : int
        Requests at the same time.
    tries : int
        For each position, when the service is busy, slow or breaks off.
    first_wait, longest_wait : float
        Seconds before the second try, doubling up to the longest; a service's ``Retry-After`` comes first.
    timeout : float
        Seconds of silence; a whole answer may take four times as long.
    give_up_after : int
        Positions that fail one after another before the job is stopped.
    """

    name: str
    base: str
    picture: str
    flux: str
    layer: str
    pixel_scale: float
    side: int = 256
    most: int = 3000
    rate: float = 2.0
    in_flight: int = 2
    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 30.0
    give_up_after: int = 10

    def url(
        self, ra: float, dec: float, *, side: int, pixel_scale: float, bands: Sequence[str] | None = None
    ) -> str:
        """The address of one image: a colour picture, or FITS when bands are named."""
        asked = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": self.layer}
        asked |= {"pixscale": f"{pixel_scale:g}", "size": str(side)}
        if bands:
            asked["bands"] = "".join(bands)
        base = os.environ.get(f"TUNINGFORK_CUTOUTS_{self.name.upper()}", self.base).rstrip("/")
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
            raise UsageError(
                f"'{base}' is not the address of a web service",
                where=f"TUNINGFORK_CUTOUTS_{self.name.upper()}",
                remedy="Write http://HOST or https://HOST",
            )
        return f"{base}/{self.flux if bands else self.picture}?{urlencode(asked)}"

    def most_bytes(self, side: int, bands: Sequence[str] | None) -> int:
        """More than any answer can have: twice the plain pixels, and room for headers."""
        return ceil(2 * side * side * 4 * max(3, len(bands or ()))) + (1 << 18)


# DESI Legacy Imaging Surveys, sky viewer: https://www.legacysurvey.org/dr10/description/ (images of up to
# 3,000 pixels; larger ones come back at 3,000 without a word).
SERVICES = {
    "legacy": CutoutService(
        name="legacy",
        base="https://www.legacysurvey.org/viewer",
        picture="cutout.jpg",
        flux="cutout.fits",
        layer="ls-dr10",
        pixel_scale=0.262,
    ),
}


def chosen_service(name: str) -> CutoutService:
    """The service of a name, or of ``NAME:LAYER`` with that release; `UnknownNameError` for another name."""
    from dataclasses import replace

    name, _, layer = name.partition(":")
    if name not in SERVICES:
        raise UnknownNameError("cut-out service", name, SERVICES)
    return replace(SERVICES[name], layer=layer) if layer else SERVICES[name]
