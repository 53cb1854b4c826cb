"""Look at every galaxy of a collection and flag what is wrong with it; nothing is ever deleted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import one_writer, replace_column
from tuningfork.collection.schema import OURS
from tuningfork.collection.store import Collection
from tuningfork.errors import DataError
from tuningfork.images.flaws import pixel_flaws
from tuningfork.images.sky import pairs_within
from tuningfork.progress import progress

__all__ = ["CheckReport", "check_collection"]

_BATCH = 64
_SAME_PLACE = 1.0  # arcsec


@dataclass(frozen=True)
class CheckReport:
    """What `check_collection` found.

    Attributes
    ----------
    galaxies : int
        How many were looked at.
    flags : dict
        Flag -> number of galaxies that have it.
    found : list of (id, flag, detail)
        One entry for each flag of each galaxy.
    """

    galaxies: int
    flags: dict[str, int] = field(default_factory=dict)
    found: list[tuple[str, str, str]] = field(default_factory=list)


def check_collection(collection: Collection, *, quarantine: bool = False, quiet: bool = False) -> CheckReport:
    """Decode every stamp and look for what spoils a sample.

    Flags: ``missing`` (no stamp), ``undecodable``, ``blank`` (nothing but one value), ``tiny`` (under 8
    pixels),
    ``saturated``, ``half_black`` (the picture of an error message, or a broken download; Doherty 2024,
    5.2.2),
    ``bad_pixels`` (over a tenth was NaN), ``duplicate`` (stamp equal to an earlier one's, byte for byte) and
    ``same_position`` (within 1 arcsec of an earlier one).

    Parameters
    ----------
    quarantine : bool
        Write the flags into the column ``flags``, in place of those of an earlier check; rows stay where they
        are.

    Returns
    -------
    CheckReport
    """
    ids = collection.ids()
    found = sorted(
        [*_stamp_flags(collection, quiet), *_duplicates(collection), *_same_positions(collection)],
        key=lambda f: f[:2],
    )
    counts = Counter(flag for _, flag, _ in found)
    if quarantine:
        _write_flags(collection, found)
    named = [(str(ids[row]), flag, detail) for row, flag, detail in found]
    return CheckReport(len(ids), dict(sorted(counts.items())), named)


_Found = tuple[int, str, str]  # row, flag, detail


def _stamp_flags(collection: Collection, quiet: bool) -> Iterator[_Found]:
    facts = collection.catalogue(["height", "width", "bad_pixels"]).to_pydict()
    rows = np.arange(len(collection))
    with progress("checking", len(rows), quiet=quiet) as advance:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            for row, pixels in zip(batch.tolist(), _readable(collection, batch), strict=True):
                yield from ((row, flag, detail) for flag, detail in _flaws(pixels, facts["bad_pixels"][row]))
            advance(len(batch))


def _readable(collection: Collection, batch: np.ndarray) -> Iterable[np.ndarray | DataError]:
    """The pixels of each row, or the error that it gives."""
    try:
        return collection.pixels(batch)
    except DataError:
        return [_one(collection, row) for row in batch]


def _one(collection: Collection, row: int) -> np.ndarray | DataError:
    try:
        return collection.pixels([row])[0]
    except DataError as error:
        return error


def _flaws(pixels: np.ndarray | DataError, bad_pixels: int | None) -> Iterator[tuple[str, str]]:
    if isinstance(pixels, DataError):
        yield ("missing" if "no stamp" in pixels.what else "undecodable"), pixels.what
        return
    yield from pixel_flaws(pixels)
    area = pixels.shape[0] * pixels.shape[1]
    if bad_pixels and bad_pixels > 0.1 * area:
        yield "bad_pixels", f"{bad_pixels / area:.0%} of the pixels were NaN"


def _duplicates(collection: Collection) -> Iterator[_Found]:
    ids, first = collection.ids(), {}
    for row, digest in enumerate(collection.catalogue(["digest"])["digest"].to_pylist()):
        if digest is None:
            continue
        if digest in first:
            yield row, "duplicate", f"the same picture as {ids[first[digest]]}"
        else:
            first[digest] = row


def _same_positions(collection: Collection) -> Iterator[_Found]:
    """Galaxies with an earlier one within an arcsec, and the first of those."""
    ids, table = collection.ids(), collection.catalogue(["ra", "dec"])
    earlier, later, _ = pairs_within(table["ra"].to_numpy(), table["dec"].to_numpy(), _SAME_PLACE)
    rows, first = np.unique(later, return_index=True)  # pairs are in the order of `earlier`
    for row, other in zip(rows.tolist(), earlier[first].tolist(), strict=True):
        yield row, "same_position", f"within 1 arcsec of {ids[other]}"


def _write_flags(collection: Collection, found: list[_Found]) -> None:
    flags: list[list[str]] = [[] for _ in range(len(collection))]
    for row, flag, _ in found:
        flags[row].append(flag)
    with one_writer(collection.path, "checking the collection"):
        latest = Collection.open(collection.path)
        flags += [[] for _ in range(len(latest) - len(flags))]  # galaxies that came in while we looked
        replace_column(
            collection.path / "galaxies.lance", OURS.field("flags"), pa.array(flags, pa.list_(pa.string()))
        )
