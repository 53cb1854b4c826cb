"""The import: open the source, settle what it is, store what is not there, write down what was refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import compact
from tuningfork.collection.galaxies import GalaxyTable
from tuningfork.collection.manifest import Manifest, read_manifest, write_manifest
from tuningfork.collection.pipeline import in_fragments, in_order, one_behind
from tuningfork.collection.place import Place, workspace
from tuningfork.collection.readers.registry import open_source
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.refusals import write_refusals
from tuningfork.collection.schema import galaxy_table
from tuningfork.collection.seen import SeenTexts
from tuningfork.collection.settling import fitted, settle
from tuningfork.collection.stamps import Stamp
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError, ImageError, UsageError
from tuningfork.images.sky import on_sky
from tuningfork.progress import Advance, progress

__all__ = ["ImportResult", "import_from", "import_source"]

_FRAGMENT_ROWS = 16_000
_FRAGMENT_BYTES = 64 << 20
_FRAGMENT_SECONDS = 5.0  # a kill costs no more than this, however slowly images come


@dataclass(frozen=True)
class ImportResult:
    """Counts and refusals of one import."""

    added: int
    already: int
    rejected: list[Rejected]
    unlisted: int
    passed_over: int


def import_source(path: Path, out: Path | Place, wishes: Wishes) -> ImportResult:
    """Import what ``path`` holds and ``out`` does not; the caller holds the writer's lock of ``out``."""
    with _without_astropy_warnings():
        source = open_source(path, workspace(out), wishes)
        return import_from(source, str(path.resolve()), out, wishes, prefix=_prefix(path, out))


def import_from(
    source: Source, origin: str, out: Path | Place, wishes: Wishes, *, prefix: str = ""
) -> ImportResult:
    """The same from an open source; ``origin`` says what it is, ``prefix`` goes before its files."""
    job = _Job(source, GalaxyTable(out / "galaxies.lance"), wishes, prefix)
    manifest = _manifest(origin, out, wishes, job.source)
    if manifest is None:  # no image could be read, so none told what the collection is: say why of each
        job.refuse_all()
    else:
        job.run(manifest)
    write_refusals(out, origin, job.rejected)
    refused = sum(not rejected.kept for rejected in job.rejected)
    if manifest is None or not job.galaxies.count() or (refused and not job.added + job.already):
        raise _nothing(origin, job, out)
    compact(out / "galaxies.lance")
    if not manifest.complete:
        write_manifest(out, manifest.finished())
    return ImportResult(job.added, job.already, job.rejected, source.unlisted, source.passed_over)


def _prefix(path: Path, out: Path | Place) -> str:
    """Files of a source that is added later bear its path: their names may be those of files already here."""
    if not (out / "collection.toml").is_file() or read_manifest(out).source == str(path.resolve()):
        return ""
    root = path.parent if path.is_file() else path
    return f"{root.resolve().as_posix()}/"


def _manifest(origin: str, out: Path | Place, wishes: Wishes, source: Source) -> Manifest | None:
    """The manifest that is there, or one settled from a sample; None when no image can be read."""
    if (out / "collection.toml").is_file():
        manifest = read_manifest(out)
        _check_agreement(manifest, wishes, out)
        return manifest
    manifest = settle(source, name=wishes.name, origin=origin, wishes=wishes)
    if manifest is not None:
        write_manifest(out, manifest)
    return manifest


def _check_agreement(manifest: Manifest, wishes: Wishes, out: Path | Place) -> None:
    """What was settled when the collection was made cannot be wished otherwise later."""
    asked = {
        "bands": (wishes.bands, manifest.bands),
        "stretch": (wishes.stretch and wishes.stretch.to_table(), manifest.stretch),
    }
    for what, (wish, there) in asked.items():
        if wish is not None and wish != there:
            raise UsageError(
                f"the collection was made with {what} {there}, which cannot be changed now",
                where=str(out),
                remedy="Make a new one with another --out",
            )


class _Found(NamedTuple):
    """An entry that is not in the collection yet, with its part and its place there."""

    part: Part
    place: int
    entry: Entry
    origin: str


@dataclass
class _Job:
    source: Source
    galaxies: GalaxyTable
    wishes: Wishes
    prefix: str = ""
    added: int = 0
    already: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    advance: Advance = lambda count: None

    def run(self, manifest: Manifest) -> None:
        """Store what is not there, in fragments of one commit each."""

        def work(found: _Found) -> tuple[_Found, Stamp | str]:
            stamp = _read(found)
            return found, stamp if isinstance(stamp, str) else fitted(stamp, manifest)

        def store(fragment: list[tuple[_Found, Stamp]]) -> None:
            self.galaxies.append(self._rows(fragment))
            self.added += len(fragment)

        with (
            progress("importing", self.source.count, quiet=self.wishes.quiet) as self.advance,
            one_behind(store) as stored,
        ):
            read = in_order(work, self._missing(), workers=self.wishes.workers)
            good = self._good(read)
            for fragment in in_fragments(
                good,
                lambda pair: len(pair[1].data),
                rows=_FRAGMENT_ROWS,
                size=_FRAGMENT_BYTES,
                seconds=_FRAGMENT_SECONDS,
            ):
                stored(fragment)

    def refuse_all(self) -> None:
        """Write down of every entry why it cannot be read."""
        for found in self._missing():
            self._refuse(found, str(_read(found)))

    def _missing(self) -> Iterator[_Found]:
        """What is not in the collection, in order; an id that comes twice in the source is refused."""
        seen = SeenTexts()
        for part in self.source.parts():
            self.rejected += part.rejected
            origins = [self.prefix + self.source.source_of(entry) for entry in part.entries]
            there = self.galaxies.has([entry.id for entry in part.entries], origins)
            twice = seen.claim([entry.id for entry in part.entries])
            for place, (entry, origin) in enumerate(zip(part.entries, origins, strict=True)):
                if there[place]:
                    self.already += 1
                    self.advance(1)
                elif twice[place]:
                    self._refuse(_Found(part, place, entry, origin), f"the id '{entry.id}' is taken already")
                else:
                    yield _Found(part, place, entry, origin)

    def _good(self, read: Iterator[tuple[_Found, Stamp | str]]) -> Iterator[tuple[_Found, Stamp]]:
        for found, stamp in read:
            self.advance(1)
            if isinstance(stamp, Stamp):
                if stamp.remark:
                    self._refuse(found, stamp.remark, kept=True)
                yield found, stamp
            else:
                self._refuse(found, stamp)

    def _refuse(self, found: _Found, reason: str, *, kept: bool = False) -> None:
        row = self.source.row_number(found.entry)
        self.rejected.append(Rejected(found.entry.file, row, reason, kept))

    def _rows(self, fragment: list[tuple[_Found, Stamp]]) -> pa.Table:
        rows = []
        for found, stamp in fragment:
            row, entry = stamp.row(), found.entry
            known = {"pixel_scale": entry.pixel_scale or self.wishes.pixel_scale}
            known |= self._position(found, has_one=stamp.ra is not None)
            row |= {key: value for key, value in known.items() if value is not None}
            rows.append({"id": entry.id, "source": found.origin, **row})
        return galaxy_table(rows, _extra([found for found, _ in fragment]))

    def _position(self, found: _Found, *, has_one: bool) -> dict[str, float | None]:
        """Where the catalogue has it, RA from 0 to 360; a place that does not exist is named and left out.

        Half a position is none, but kept as the user's column where the image has no position itself.
        """
        ra, dec = found.entry.ra, found.entry.dec
        if ra is None or dec is None or np.isnan(ra) or np.isnan(dec):
            return {} if has_one else {"ra": ra, "dec": dec}
        if on_sky(ra, dec):
            return {"ra": ra % 360, "dec": dec}
        self._refuse(found, f"the position {ra:g}, {dec:g} is not on the sky; kept without it", kept=True)
        return {}


def _extra(found: list[_Found]) -> pa.Table | None:
    """The user's columns for these entries, gathered part by part."""
    tables = []
    for _, run in groupby(found, key=lambda f: id(f.part)):
        members = list(run)
        extra = members[0].part.extra
        if extra is None:
            return None
        tables.append(extra.take([f.place for f in members]))
    return pa.concat_tables(tables, promote_options="permissive")


def _read(found: _Found) -> Stamp | str:
    """The stamp of an entry, or why there is none."""
    try:
        return found.part.read(found.entry)
    except ImageError as error:
        return error.what


def _nothing(source: str, job: _Job, out: Path | Place) -> CollectionError:
    rejected, only = job.rejected, " or ".join(f"'{one}'" for one in job.wishes.only)
    if not rejected and job.source.passed_over:
        return CollectionError(
            f"none of its images is called {only}; passed over: {job.source.passed_over:,}",
            where=source,
            remedy="Write the pattern in quotes, as the files are called: --only '*.fits'",
        )
    if not rejected:
        return CollectionError(
            "there are no images here", where=source, remedy="Give a folder of JPEG, PNG or FITS images"
        )
    first = rejected[0]
    return CollectionError(
        f"none of {len(rejected):,} could be imported; the first: {first.place}: {first.reason}",
        where=source,
        remedy=f"Every reason stands in {out / 'rejected.csv'}" if len(rejected) > 1 else None,
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
