"""The sky around the positions in a table, fetched from a cut-out service."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection.columns import id_columns
from tuningfork.collection.fetching import Fetcher
from tuningfork.collection.positions import table_positions
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.source import Entry
from tuningfork.collection.readers.wide.source_list import list_rows
from tuningfork.collection.services import CutoutService, chosen_service
from tuningfork.collection.stamps import Stamp, stamp_of
from tuningfork.collection.tables import read_table
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import ImageError, UsageError
from tuningfork.files import write_atomically
from tuningfork.images.bands import decode_bands
from tuningfork.images.decode import decode
from tuningfork.images.sky import on_sky

__all__ = ["open_source", "recognises"]


def recognises(path: Path, wishes: Wishes) -> bool:
    """Whenever a service was named."""
    return wishes.cutouts is not None


def open_source(path: Path, out: Path, wishes: Wishes) -> Listing:
    """List the positions; nothing is fetched before it is asked for.

    Images are kept under ``out/cutouts`` as they came, once all of them was found good, so that none is asked
    for twice. The columns ``cutout_service`` and ``cutout_layer`` say where each galaxy's image is from.

    Raises
    ------
    UsageError
        No service named, or a side that it does not give.
    CatalogueError
        The table cannot be read or has no positions.
    """
    if wishes.cutouts is None:
        raise UsageError("no cut-out service was named", remedy="Add --cutouts legacy")
    service = chosen_service(wishes.cutouts)
    side, scale = wishes.side or service.side, wishes.pixel_scale or service.pixel_scale
    if side > service.most:
        raise UsageError(f"{service.name} gives at most {service.most:,} pixels a side, not {side:,}")
    table = read_table(path, text_columns=lambda names: [*id_columns(names), *([wishes.id_column or ""])])
    ra, dec = table_positions(table, where=str(path))
    reasons = [None if good else "the position is not on the sky" for good in on_sky(ra, dec)]
    bands = (
        wishes.bands if wishes.bands != ("blue", "green", "red") else None
    )  # what pictures are said to have

    def url(row: int) -> str:
        return service.url(ra[row] % 360, dec[row], side=side, pixel_scale=scale, bands=bands)

    if len(ra):
        url(0)  # a wrong address is told before anything is asked
    rows = list_rows(table, path.name, ra, dec, reasons, scale=scale, wishes=wishes, where=str(path))
    entries, rejected, kept = rows
    told = {"cutout_service": service.name, "cutout_layer": service.layer}
    extra = pa.table({name: pa.array([value] * table.num_rows, pa.string()) for name, value in told.items()})
    for field in kept.schema if kept is not None else ():
        if field.name not in told:
            extra = extra.append_column(field, kept[field.name])
    asked = _Asked(service, side, scale, bands, out / "cutouts")
    listing = _FromService(entries, extra, rejected, catalogue=path.name)
    return listing.reading_with(asked.reader(url))


class _FromService(Listing):
    """Positions, of which a sample is the first ones: others would be asked for out of turn."""

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """The first few; three tell as much as twenty-four when all come from one service."""
        return ((entry, self.read) for entry in itertools.islice(self.entries, min(count, 3)))


class _Asked:
    """What is asked of the service for every position, and the answers that came."""

    def __init__(
        self, service: CutoutService, side: int, scale: float, bands: tuple[str, ...] | None, cache: Path
    ):
        self._service, self._side, self._scale, self._bands = service, side, scale, bands
        self._cache = cache
        self._fetcher = Fetcher(service)
        self._most = service.most_bytes(side, bands)

    def reader(self, url_of: Callable[[int], str]) -> Callable[[Entry], Stamp]:
        """The function that gives the stamp of an entry, from the cache or from the service."""

        def read(entry: Entry) -> Stamp:
            url = url_of(entry.row or 0)
            kept = self._place(url)
            if kept.is_file():
                try:
                    return self._full(self._stamp(kept.read_bytes()), entry.id)
                except (ImageError, OSError):  # the disk lost it: ask again
                    kept.unlink(missing_ok=True)

            def accept(body: bytes) -> Stamp:
                stamp = self._stamp(body)
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(kept, body)
                return stamp

            stamp = self._fetcher.get(url, name=entry.id, most=self._most, accept=accept)
            return self._full(stamp, entry.id)

        return read

    def _place(self, url: str) -> Path:
        digest = hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
        suffix = "fits" if self._bands else "jpg"
        return self._cache / self._service.name / digest[:2] / f"{digest[2:]}.{suffix}"

    def _stamp(self, body: bytes) -> Stamp:
        """The image in an answer, all of it decoded; `ImageError` for anything else."""
        start = body.lstrip()[:15].lower()
        if start.startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
            raise ImageError("it is a page of text")
        stamp = stamp_of(body, name="cut-out")
        if stamp.is_flux != bool(self._bands):
            raise ImageError(f"it is {'FITS' if stamp.is_flux else 'a picture'}, which was not asked for")
        if (stamp.height, stamp.width) != (self._side, self._side):
            raise ImageError(f"it is {stamp.width} x {stamp.height} pixels, not {self._side} x {self._side}")
        return replace(stamp, pixel_scale=stamp.pixel_scale or self._scale)

    @staticmethod
    def _full(stamp: Stamp, name: str) -> Stamp:
        """The stamp; `ImageError` where the survey has not looked, which comes as one even value."""
        pixels = decode_bands(stamp.data, name=name) if stamp.is_flux else decode(stamp.data, name=name)
        if np.ptp(pixels) == 0:
            raise ImageError("the survey has no image there", where=name)
        return stamp
