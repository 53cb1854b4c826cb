"""Settle what a new collection is from a sample of its images: kind of pixels, bands, scale, stretch."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tuningfork.collection.manifest import Manifest
from tuningfork.collection.readers.listing import Entry
from tuningfork.collection.stamps import Stamp
from tuningfork.errors import CatalogueError, ImageError
from tuningfork.images.bands import decode_bands
from tuningfork.images.stretch import Linear
from tuningfork.images.stretch_fit import fit_stretch

__all__ = ["reason_against", "settle"]

_SAMPLE = 24
_COLOURS = ("blue", "green", "red")


def settle(
    entries: Sequence[Entry], read: Callable[[Entry], Stamp], *, name: str, source: str, wishes: Any
) -> Manifest | None:
    """The manifest of a new collection, from up to 24 readable images spread over the source; None when none
    is.

    The kind and the number of bands are those of the majority. Raises `CatalogueError` when the bands that
    were named do not fit the images.
    """
    stamps = _sample(entries, read)
    if not stamps:
        return None
    is_flux, channels = Counter((s.is_flux, s.channels) for s in stamps).most_common(1)[0][0]
    like = [s for s in stamps if (s.is_flux, s.channels) == (is_flux, channels)]
    if (
        not is_flux
    ):  # grey pictures among colour ones are shown in colour; the other way round colour would be lost
        channels = max(s.channels for s in stamps if not s.is_flux)
    bands = wishes.bands or _band_names(like[0], channels, is_flux)
    if len(bands) != channels:
        raise CatalogueError(f"{len(bands)} bands were named but the images have {channels}", where=source)
    return Manifest(
        name=name,
        bands=bands,
        source=source,
        pixel_scale=wishes.pixel_scale or _common_scale(entries, like),
        pixels="flux" if is_flux else "encoded",
        stretch=_stretch(like, bands, wishes.stretch).to_table() if is_flux else Linear().to_table(),
    )


def reason_against(stamp: Stamp, manifest: Manifest) -> str | None:
    """Why a stamp does not belong in the collection, or None."""
    flux = manifest.pixels == "flux"
    if stamp.is_flux != flux:
        kinds = {True: "linear flux", False: "stretched pictures"}
        return f"it is of {kinds[stamp.is_flux]}, but the collection is of {kinds[flux]}"
    if flux and stamp.channels != len(manifest.bands):
        bands = ", ".join(manifest.bands)
        return f"it has {stamp.channels} bands, but the collection has {len(manifest.bands)} ({bands})"
    return None


def _sample(entries: Sequence[Entry], read: Callable[[Entry], Stamp]) -> list[Stamp]:
    """Readable stamps from all over the source; when the first choice is all bad, from the whole of it."""
    spread = [entries[k] for k in np.linspace(0, len(entries) - 1, min(_SAMPLE, len(entries))).astype(int)]
    stamps = [stamp for stamp in (_try(read, entry) for entry in spread) if stamp is not None]
    if stamps or len(entries) <= _SAMPLE:
        return stamps
    first = next((s for s in (_try(read, entry) for entry in entries) if s is not None), None)
    return [] if first is None else [first]


def _try(read: Callable[[Entry], Stamp], entry: Entry) -> Stamp | None:
    try:
        return read(entry)
    except ImageError:
        return None


def _band_names(stamp: Stamp, channels: int, is_flux: bool) -> tuple[str, ...]:
    if not is_flux:
        return _COLOURS if channels == 3 else ("grey",)
    if all(stamp.bands) and len(set(stamp.bands)) == channels:
        return stamp.bands
    return tuple(f"band{k}" for k in range(1, channels + 1))


def _common_scale(entries: Sequence[Entry], stamps: Sequence[Stamp]) -> float | None:
    scales = [s.pixel_scale for s in stamps] + [e.pixel_scale for e in entries[:_SAMPLE] if e.pixel_scale]
    known = [scale for scale in scales if scale]
    if not known or max(known) > 1.01 * min(known):
        return None
    return round(float(np.median(known)), 6)


def _stretch(stamps: Sequence[Stamp], bands: tuple[str, ...], given):
    if given is not None:
        return given
    sample = [decode_bands(stamp.data, name="sample") for stamp in stamps]
    return fit_stretch(sample, bands, unit=stamps[0].unit)
