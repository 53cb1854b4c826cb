"""A folder of JPEG, PNG, WebP, TIFF or FITS stamps, with or without a catalogue; or one such file."""

from pathlib import Path

from tuningfork.collection.readers.catalogue import find_catalogue, list_with_catalogue
from tuningfork.collection.readers.files import Inside, is_image_name
from tuningfork.collection.readers.listing import Listing, list_bare
from tuningfork.collection.readers.source import Entry, Source
from tuningfork.collection.stamps import read_stamp
from tuningfork.collection.wishes import Wishes

__all__ = ["open_source", "recognises"]


def recognises(path: Path, wishes: Wishes) -> bool:
    """Any folder, and any file with the name of an image."""
    return path.is_dir() or is_image_name(path.name)


def open_source(path: Path, out: Path, wishes: Wishes) -> Source:
    """List the folder; nothing is decoded before it is asked for."""
    root = path.parent if path.is_file() else path
    listing = _listed(path, wishes)
    return listing.reading_with(lambda entry: read_stamp(root / entry.file, name=entry.file))


def _listed(path: Path, wishes: Wishes) -> Listing:
    if path.is_file():
        return Listing([Entry(path.stem, path.name)])
    catalogue = wishes.catalogue or find_catalogue(path)
    if catalogue is None:
        return list_bare(Inside(path))
    return list_with_catalogue(
        Inside(path), catalogue, id_column=wishes.id_column, file_column=wishes.file_column
    )
