"""One wide image, or one for each band, cut where a table says or where galaxies are found."""

import re
from pathlib import Path

from tuningfork.collection.readers.catalogue import find_catalogue, is_fits_table
from tuningfork.collection.readers.files import is_image_name, walk_images
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.wide.detected import list_detected
from tuningfork.collection.readers.wide.source_list import list_positions
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError
from tuningfork.images.fits_header import band_in_name, is_band_name
from tuningfork.images.wide import open_wide

__all__ = ["mosaic_files", "open_source", "recognises"]

_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


def recognises(path: Path, wishes: Wishes) -> bool:
    """One image file, or whatever was said to be a mosaic."""
    return wishes.mosaic if wishes.mosaic is not None else path.is_file() and is_image_name(path.name)


def open_source(path: Path, out: Path, wishes: Wishes) -> Listing:
    """Take the positions of the catalogue; without one search the image, or remember what was found."""
    files = mosaic_files(path, wishes.bands)
    catalogue = wishes.catalogue or (find_catalogue(path) if path.is_dir() else None)
    image = open_wide(files)
    if catalogue is not None:
        return list_positions(image, files[0].name, catalogue, wishes)
    return list_detected(image, files, out, pixel_scale=wishes.pixel_scale, quiet=wishes.quiet)


def mosaic_files(source: Path, bands: tuple[str, ...] | None = None) -> list[Path]:
    """The file of an image, or its files, one a band.

    Of a folder these are its FITS images, without weights, masks and errors, and of the wished bands where
    the names tell. A file whose name bears its band, as ``field_g.fits``, brings its sisters when several
    ``bands`` are wished for.

    Raises
    ------
    CollectionError
        No image, or pictures of several.
    """
    if source.is_file():
        return _sisters(source, bands or ())
    images = [source / file for file in walk_images(source)]
    fits = [file for file in images if _is_band(file)]
    if bands and len(fits) > 1:
        named = [file for file in fits if (band_in_name(file.name) or ("",))[0] in bands]
        fits = named or fits
    pictures = [file for file in images if file.suffix.lower() in _PICTURES]
    if not fits and len(pictures) != 1:
        raise CollectionError(
            f"a mosaic is one image, but there are {len(pictures)} in this folder",
            where=str(source),
            remedy="Name the file",
        )
    return fits or pictures


def _sisters(file: Path, bands: tuple[str, ...]) -> list[Path]:
    own = band_in_name(file.name)
    if len(bands) < 2 or own is None:
        return [file]
    start, end = own[1]
    sisters = [file.with_name(f"{file.name[:start]}{band}{file.name[end:]}") for band in bands]
    there = [sister for sister in sisters if sister.is_file()]
    if file not in sisters or len(there) == 1:
        return [file]
    if len(there) < len(sisters):
        lacking = next(sister.name for sister in sisters if sister not in there)
        raise CollectionError(
            f"there is no {lacking} beside it", where=str(file), remedy="Name other --bands"
        )
    return sisters


def _is_band(file: Path) -> bool:
    """FITS with pixels of a band in it."""
    words = [word for word in re.split(r"[^a-z]+", file.name.lower()) if len(word) > 1]
    if file.suffix.lower() in _PICTURES or not all(is_band_name(word) for word in words):
        return False
    return not is_fits_table(file)
