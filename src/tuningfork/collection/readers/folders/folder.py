"""A folder of JPEG, PNG, WebP, TIFF or FITS stamps, with or without a catalogue; or one such file."""

from dataclasses import replace
from pathlib import Path

from tuningfork.collection.readers.catalogue import find_catalogue, list_with_catalogue
from tuningfork.collection.readers.files import Files, Inside, is_image_name
from tuningfork.collection.readers.listing import Listing, list_bare
from tuningfork.collection.readers.source import Entry, Rejected, Source
from tuningfork.collection.stamps import read_stamp
from tuningfork.collection.wishes import Wishes

__all__ = ["list_folder", "open_source", "recognises"]


def recognises(path: Path, wishes: Wishes) -> bool:
    """Any folder, and any file with the name of an image."""
    return path.is_dir() or is_image_name(path.name)


def open_source(path: Path, out: Path, wishes: Wishes) -> Source:
    """List the folder; nothing is decoded before it is asked for."""
    root = path.parent if path.is_file() else path
    inside = Inside(root, wishes.only)
    listing = Listing([Entry(path.stem, path.name)]) if path.is_file() else list_folder(inside, wishes)
    return listing.reading_with(lambda entry: read_stamp(root / entry.file, name=entry.file))


def list_folder(inside: Inside, wishes: Wishes, *, files: Files | None = None) -> Listing:
    """The galaxies of a folder: those that its catalogue names, or all of its ``files`` (its images).

    What of the folder could not be listed is refused. Raises as `list_with_catalogue` does.
    """
    catalogue = wishes.catalogue or find_catalogue(inside.root)
    if catalogue is None:
        listing = list_bare(files or inside)
    else:
        columns = {"id_column": wishes.id_column, "file_column": wishes.file_column}
        listing = list_with_catalogue(files or inside, catalogue, **columns)
    unread = [Rejected(folder, None, reason) for folder, reason in inside.unread.items()]
    rejected = [*listing.rejected, *unread]
    return replace(listing, rejected=rejected, passed_over=_passed_over(inside, catalogue))


def _passed_over(inside: Inside, catalogue: Path | None) -> int:
    """Images of other names; a FITS table bears the name of one, but is the catalogue."""
    if catalogue is None or not catalogue.resolve().is_relative_to(inside.root):
        return inside.passed_over
    is_counted = is_image_name(catalogue.name) and not inside.takes(catalogue.name)
    return inside.passed_over - is_counted
