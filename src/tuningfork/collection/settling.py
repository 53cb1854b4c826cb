"""Settle what a new collection is from a sample of its images: kind of pixels, bands, scale, stretch."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tuningfork.collection.manifest import Manifest
from tuningfork.collection.readers.source import Entry, Source
from tuningfork.collection.stamps import Stamp
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, ImageError
from tuningfork.images.bands import decode_bands, encode_bands
from tuningfork.images.stretch import Linear
from tuningfork.images.stretch_fit import fit_stretch, shown_bands

__all__ = ["fitted", "settle"]

_SAMPLE = 24
_NO_ZERO_POINT = "it tells no zero point; its flux is kept as it is"
_COLOURS = ("blue", "green", "red")


def settle(source: Source, *, name: str, origin: str, wishes: Wishes) -> Manifest | None:
    """The manifest of a new collection, from up to 24 readable images of the source; None when none is.

    The kind and the number of bands are those of the majority. Raises `CatalogueError` when the bands that
    were named do not fit the images.
    """
    sampled = _sampled(source)
    if not sampled:
        return None
    stamps = [stamp for _, stamp in sampled]
    is_flux, channels = Counter((s.is_flux, s.channels) for s in stamps).most_common(1)[0][0]
    like = [s for s in stamps if (s.is_flux, s.channels) == (is_flux, channels)]
    if not is_flux:  # grey pictures among colour ones are shown in colour; else colour would be lost
        channels = max(s.channels for s in stamps if not s.is_flux)
    in_files = like[0].bands if is_flux and like[0].is_named else ()
    bands = wishes.bands or _band_names(like[0], channels, is_flux)
    if in_files and set(bands) <= set(in_files):
        in_files = bands
        like = [chosen for s in like if isinstance(chosen := _chosen(s, bands), Stamp)]
    elif len(bands) != channels:
        there = f" ({', '.join(in_files)})" if in_files else ""
        raise CatalogueError(
            f"{len(bands)} bands were named but the images have {channels}{there}", where=origin
        )
    zero_point = _zero_point(like)
    like = [_brought_to(s, zero_point) for s in like]
    return Manifest(
        name=name,
        bands=bands,
        file_bands=in_files,
        shown=_shown(bands, wishes.shown, origin),
        source=origin,
        pixel_scale=wishes.pixel_scale or _common_scale([entry for entry, _ in sampled], like),
        pixels="flux" if is_flux else "encoded",
        unit=next((s.unit for s in like if s.unit), ""),
        zero_point=zero_point,
        stretch=_stretch(like, bands, wishes.stretch).to_table() if is_flux else Linear().to_table(),
    )


def fitted(stamp: Stamp, manifest: Manifest) -> Stamp | str:
    """The stamp with the collection's bands and zero point, or why it does not belong there."""
    stamp = _brought_to(stamp, manifest.zero_point)
    flux = manifest.pixels == "flux"
    if flux and stamp.is_flux and manifest.zero_point is not None and stamp.zero_point is None:
        stamp = replace(stamp, remark=stamp.remark or _NO_ZERO_POINT)
    if stamp.is_flux != flux:
        kinds = {True: "linear flux", False: "stretched pictures"}
        other = "make another collection of such files, from a folder of their own"
        return f"it is of {kinds[stamp.is_flux]}, but the collection is of {kinds[flux]}: {other}"
    if flux and manifest.file_bands and stamp.is_named:
        return _chosen(stamp, manifest.file_bands)
    if flux and stamp.channels != len(manifest.bands):
        bands = ", ".join(manifest.bands)
        return f"it has {stamp.channels} bands, but the collection has {len(manifest.bands)} ({bands})"
    return stamp


def _chosen(stamp: Stamp, bands: tuple[str, ...]) -> Stamp | str:
    """The stamp with these of its named bands, or which one it lacks."""
    if stamp.bands == bands:
        return stamp
    lacking = [band for band in bands if band not in stamp.bands]
    if lacking:
        return f"it has no band {lacking[0]}, only {', '.join(stamp.bands)}"
    flux = decode_bands(stamp.data, name="stamp")
    data = encode_bands(flux[:, :, [stamp.bands.index(band) for band in bands]])
    return replace(stamp, data=data, channels=len(bands), bands=bands)


def _sampled(source: Source) -> list[tuple[Entry, Stamp]]:
    """Entries of the sample that can be read; when none of it can, the first of the source that can be."""
    found = [pair for pair in (_try(*pair) for pair in source.sample(_SAMPLE)) if pair is not None]
    if found:
        return found
    rest = ((entry, part.read) for part in source.parts() for entry in part.entries)
    first = next((pair for pair in (_try(*pair) for pair in rest) if pair is not None), None)
    return [] if first is None else [first]


def _try(entry: Entry, read: Callable[[Entry], Stamp]) -> tuple[Entry, Stamp] | None:
    try:
        return entry, read(entry)
    except ImageError:
        return None


def _band_names(stamp: Stamp, channels: int, is_flux: bool) -> tuple[str, ...]:
    if not is_flux:
        return _COLOURS if channels == 3 else ("grey",)
    if stamp.is_named:
        return stamp.bands
    return tuple(f"band{k}" for k in range(1, channels + 1))


def _common_scale(entries: Sequence[Entry], stamps: Sequence[Stamp]) -> float | None:
    scales = [s.pixel_scale for s in stamps] + [e.pixel_scale for e in entries if e.pixel_scale]
    known = [scale for scale in scales if scale]
    if not known or max(known) > 1.01 * min(known):
        return None
    return round(float(np.median(known)), 6)


def _zero_point(stamps: Sequence[Stamp]) -> float | None:
    """The commonest zero point; None unless all have one."""
    known = [s.zero_point for s in stamps]
    return None if None in known else Counter(known).most_common(1)[0][0]


def _brought_to(stamp: Stamp, zero_point: float | None) -> Stamp:
    """The stamp with its flux in the unit of a zero point; as it is where one of the two is not known."""
    if not stamp.is_flux or zero_point is None or stamp.zero_point in (None, zero_point):
        return stamp
    assert stamp.zero_point is not None
    factor = np.float32(10 ** (0.4 * (zero_point - stamp.zero_point)))
    data = encode_bands(decode_bands(stamp.data, name="stamp") * factor)
    return replace(stamp, data=data, unit="", zero_point=zero_point)


def _shown(bands: tuple[str, ...], wish: tuple[str, ...] | None, origin: str) -> tuple[str, ...]:
    if wish is None:
        return shown_bands(bands)
    if len(wish) != 3 or not set(wish) <= set(bands):
        raise CatalogueError(
            f"a picture needs three of the bands {', '.join(bands)}, not {', '.join(wish)}", where=origin
        )
    return wish


def _stretch(stamps: Sequence[Stamp], bands: tuple[str, ...], given):
    if given is not None:
        return given
    sample = [decode_bands(stamp.data, name="sample") for stamp in stamps]
    return fit_stretch(sample, bands, unit=stamps[0].unit)
