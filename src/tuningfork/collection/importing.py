"""The import: list the source, settle what it is, store what is not there, write down what was refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from tuningfork.collection.galaxies import GalaxyTable
from tuningfork.collection.manifest import Manifest, read_manifest, write_manifest
from tuningfork.collection.pipeline import in_fragments, in_order
from tuningfork.collection.readers.catalogue import find_catalogue, list_with_catalogue
from tuningfork.collection.readers.listing import Entry, Listing, Rejected, list_bare_folder
from tuningfork.collection.schema import galaxy_table
from tuningfork.collection.settling import reason_against, settle
from tuningfork.collection.stamps import Stamp, read_stamp
from tuningfork.collection.tables import write_table
from tuningfork.errors import CollectionError, ImageError
from tuningfork.images.stretch import Stretch
from tuningfork.progress import progress

__all__ = ["ImportResult", "Wishes", "import_source"]

_FRAGMENT_ROWS = 2_000
_FRAGMENT_BYTES = 64 << 20


@dataclass(frozen=True)
class Wishes:
    """What the caller has settled instead of leaving it to be found; see `create_collection`."""

    name: str
    catalogue: Path | None = None
    id_column: str | None = None
    file_column: str | None = None
    bands: tuple[str, ...] | None = None
    pixel_scale: float | None = None
    stretch: Stretch | None = None
    mosaic: bool = False
    workers: int = 2
    quiet: bool = False


@dataclass(frozen=True)
class ImportResult:
    """Counts and refusals of one import."""

    added: int
    already: int
    rejected: list[Rejected]
    unlisted: int


def import_source(source: Path, out: Path, wishes: Wishes) -> ImportResult:
    """Import what ``source`` holds and ``out`` does not; the caller holds the writer's lock of ``out``."""
    with _without_astropy_warnings():
        galaxies = GalaxyTable(out / "galaxies.lance")
        listing = _list(source, out, wishes)
        listing = _of_its_root(listing, source, out)
        todo = [entry for entry in listing.entries if not galaxies.has(entry.id, listing.source_of(entry))]
        manifest = _manifest(source, out, wishes, todo, listing)
        rejected = list(listing.rejected)
        added = 0
        if todo and manifest is not None:
            added = _store(todo, listing, galaxies, manifest, wishes, rejected)
        elif todo:  # no image could be read, so none told what the collection is: say why of each
            rejected += [_refused(entry, listing) for entry in todo]
    _write_rejected(out, rejected)
    if manifest is None or not galaxies.count():
        raise _nothing(source, rejected)
    if not manifest.complete:
        write_manifest(out, manifest.finished())
    return ImportResult(added, len(listing.entries) - len(todo), rejected, listing.unlisted)


def _list(source: Path, out: Path, wishes: Wishes) -> Listing:
    if wishes.mosaic:
        from tuningfork.collection.readers.mosaic import list_mosaic

        return list_mosaic(source, out, pixel_scale=wishes.pixel_scale, quiet=wishes.quiet)
    if source.is_file():
        root, listing = source.parent, Listing([Entry(source.stem, source.name)])
    else:
        catalogue = wishes.catalogue or find_catalogue(source)
        columns = {"id_column": wishes.id_column, "file_column": wishes.file_column}
        listing = (
            list_bare_folder(source)
            if catalogue is None
            else list_with_catalogue(source, catalogue, **columns)
        )
        root = source
    return listing.reading_with(lambda entry: read_stamp(root / entry.file, name=entry.file))


def _of_its_root(listing: Listing, source: Path, out: Path) -> Listing:
    """Files of a folder that is added later bear its path: their names may be those of files already here."""
    if not (out / "collection.toml").is_file() or read_manifest(out).source == str(source.resolve()):
        return listing
    root = source.parent if source.is_file() else source
    return replace(listing, root=f"{root.resolve().as_posix()}/")


def _manifest(
    source: Path, out: Path, wishes: Wishes, todo: list[Entry], listing: Listing
) -> Manifest | None:
    """The manifest that is there, or one settled from a sample; None when no image can be read."""
    if (out / "collection.toml").is_file():
        return read_manifest(out)
    manifest = settle(todo, listing.read, name=wishes.name, source=str(source.resolve()), wishes=wishes)
    if manifest is not None:
        write_manifest(out, manifest)
    return manifest


def _refused(entry: Entry, listing: Listing) -> Rejected:
    reason = _read(entry, listing)
    return Rejected(entry.file, listing.row_number(entry), str(reason))


def _read(entry: Entry, listing: Listing) -> Stamp | str:
    """The stamp of an entry, or why there is none."""
    try:
        return listing.read(entry)
    except ImageError as error:
        return error.what


def _store(
    todo: list[Entry],
    listing: Listing,
    galaxies: GalaxyTable,
    manifest: Manifest,
    wishes: Wishes,
    rejected: list[Rejected],
) -> int:
    added = 0

    def work(entry: Entry) -> tuple[Entry, Stamp | str]:
        stamp = _read(entry, listing)
        return entry, stamp if isinstance(stamp, str) else reason_against(stamp, manifest) or stamp

    with progress("importing", len(todo), quiet=wishes.quiet) as advance:

        def good() -> Iterator[tuple[Entry, Stamp]]:
            for entry, stamp in in_order(work, todo, workers=wishes.workers):
                advance(1)
                if isinstance(stamp, Stamp):
                    yield entry, stamp
                else:
                    rejected.append(Rejected(entry.file, listing.row_number(entry), stamp))

        for part in in_fragments(
            good(), lambda pair: len(pair[1].data), rows=_FRAGMENT_ROWS, size=_FRAGMENT_BYTES
        ):
            galaxies.append(_rows(part, listing, wishes.pixel_scale))
            added += len(part)
    return added


def _rows(part: list[tuple[Entry, Stamp]], listing: Listing, pixel_scale: float | None) -> pa.Table:
    rows = []
    for entry, stamp in part:
        row = stamp.row()
        known = {"ra": entry.ra, "dec": entry.dec, "pixel_scale": entry.pixel_scale or pixel_scale}
        row |= {key: value for key, value in known.items() if value is not None}
        rows.append({"id": entry.id, "source": listing.source_of(entry), **row})
    extra = None if listing.extra is None else listing.extra.take([entry.row for entry, _ in part])
    return galaxy_table(rows, extra)


def _write_rejected(out: Path, rejected: list[Rejected]) -> None:
    table = pa.table(
        {
            "file": pa.array([r.file for r in rejected], pa.string()),
            "row": pa.array([r.row for r in rejected], pa.int64()),
            "reason": pa.array([r.reason for r in rejected], pa.string()),
        }
    )
    if rejected or (out / "rejected.csv").exists():
        write_table(table, out / "rejected.csv")


def _nothing(source: Path, rejected: list[Rejected]) -> CollectionError:
    if not rejected:
        return CollectionError(
            "there are no images here", where=str(source), remedy="Give a folder of JPEG, PNG or FITS images"
        )
    first = rejected[0]
    place = first.file or f"row {first.row}"
    return CollectionError(
        f"none of {len(rejected):,} could be imported; the first: {place}: {first.reason}", where=str(source)
    )


@contextmanager
def _without_astropy_warnings():
    """Odd headers are the rule in old FITS files. Set once for all threads: the filter is the process's."""
    with warnings.catch_warnings():
        try:
            from astropy.utils.exceptions import AstropyWarning
        except ImportError:
            yield
            return
        warnings.simplefilter("ignore", AstropyWarning)
        yield
