"""A folder of FITS stamps, one file per band: ``NAME_g.fits NAME_r.fits``, or ``g/NAME.fits r/NAME.fits``."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

from tuningfork.collection.readers.files import Inside
from tuningfork.collection.readers.folders.band_groups import (
    BandGroups,
    Grouping,
    best_grouping,
    by_header,
    by_name,
    is_fits_name,
)
from tuningfork.collection.readers.folders.folder import list_folder
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.source import Entry
from tuningfork.collection.stamps import Stamp, file_bytes, flux_stamp
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, ImageError
from tuningfork.images.fits import read_fits_bands, unpacked
from tuningfork.images.fits_units import check_units

__all__ = ["open_source", "recognises"]

_LOOKED_AT = 200  # names: where none of these is FITS the folder is one of pictures
_HEADERS = 4


def recognises(path: Path, wishes: Wishes) -> bool:
    """A folder where most FITS files have a neighbour that differs in the band alone."""
    inside = Inside(path, wishes.only)
    if not path.is_dir() or not any(map(is_fits_name, islice(inside.images(), _LOOKED_AT))):
        return False
    files = [file for file in inside.images() if is_fits_name(file)]
    if _is_convincing(_by_name(files, wishes), len(files)):
        return True
    if not wishes.bands or len(wishes.bands) < 2:
        return False
    wanted = {band.lower() for band in wishes.bands}
    return all(_band_in_header(path / file) in wanted for file in files[:_HEADERS])


def open_source(path: Path, out: Path, wishes: Wishes) -> Listing:
    """List the galaxies; those that lack a band are refused.

    Raises
    ------
    CollectionError
        When no two files are bands of one galaxy.
    """
    inside = Inside(path, wishes.only)
    files = [file for file in inside.images() if is_fits_name(file)]
    grouping = _by_name(files, wishes)
    if wishes.bands and not _is_convincing(grouping, len(files)):
        told = by_header(files, wishes.bands, lambda file: _band_in_header(path / file))
        grouping = best_grouping([grouping, told])
    if not any(len(bands) > 1 for bands in grouping.values()):
        raise CollectionError(
            "no two files here are bands of one galaxy",
            where=str(path),
            remedy="Call them NAME_g.fits, NAME_r.fits, or name the bands of their headers with --bands",
        )
    groups = BandGroups(inside, grouping, wishes.bands)
    listing = list_folder(inside, wishes, files=groups)
    grouped = {file for bands in grouping.values() for file in bands.values()}
    named = {groups.galaxy_of(row.file) for row in (*listing.entries, *listing.rejected)}
    unlisted = len(grouping.keys() - named) + len(set(files) - grouped - {listing.catalogue})
    entries = [replace(entry, file=groups.galaxy_of(entry.file)) for entry in listing.entries]

    def read(entry: Entry) -> Stamp:
        named = groups.files_of(entry.file)
        data = {band: file_bytes(path / file, name=file) for band, file in named.items()}
        return flux_stamp(read_fits_bands(data, name=entry.file))

    return replace(listing, entries=entries, unlisted=unlisted).reading_with(read)


def _by_name(files: list[str], wishes: Wishes) -> Grouping:
    """By the bands that are wished for or, when these are not in the names, by those that are known."""
    wished = by_name(files, wishes.bands) if wishes.bands else {}
    return wished if any(len(bands) > 1 for bands in wished.values()) else by_name(files)


def _is_convincing(grouping: Grouping, files: int) -> bool:
    return 2 * sum(len(bands) for bands in grouping.values() if len(bands) > 1) > files


def _band_in_header(file: Path) -> str:
    """``FILTER`` of the first header that has it, in small letters, or empty."""
    import io

    from astropy.io import fits

    try:
        data = unpacked(file_bytes(file, name=file.name), file.name)
        check_units(data, file.name)
        with fits.open(io.BytesIO(data), lazy_load_hdus=True) as hdus:
            headers = (hdu.header for hdu in islice(hdus, 2))
            words = next((str(header["FILTER"]).split() for header in headers if "FILTER" in header), [])
    except (ImageError, OSError, ValueError, TypeError, IndexError):
        return ""
    return words[0].lower().split(".")[0] if words else ""
