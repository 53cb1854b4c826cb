"""One pass over the pixels of a collection: the flaws of every stamp, and its fingerprint."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tuningfork.collection import Collection
from tuningfork.errors import DataError
from tuningfork.evaluation.twins import ANGLES, RINGS, polar_print
from tuningfork.images.flaws import LIMITS, Flaw, pixel_flaws
from tuningfork.images.stretch import to_unit
from tuningfork.progress import progress

__all__ = ["Survey", "picture_of", "survey"]

_BATCH = 64
_SIDE = 128  # pixels; JPEG is decoded no larger than needed for this


@dataclass(frozen=True)
class Survey:
    """Flaws by row, and fingerprints ``[n, RINGS, ANGLES]`` int8 (zeros where there is no picture)."""

    flaws: list[tuple[int, Flaw]]
    prints: np.ndarray


def survey(collection: Collection, *, flaws: bool = True, quiet: bool = False) -> Survey:
    """Look at every stamp once. Fingerprints (640 bytes each) lie in a temporary file, not in memory."""
    rows = len(collection)
    with tempfile.TemporaryFile() as file:
        prints = np.memmap(file, np.int8, "w+", shape=(max(rows, 1), RINGS, ANGLES))[:rows]
    bad = _shares(collection)
    found: list[tuple[int, Flaw]] = []
    with (
        ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="doctor") as pool,
        progress("looking", rows, quiet=quiet) as advance,
    ):
        for start in range(0, rows, _BATCH):
            batch = np.arange(start, min(start + _BATCH, rows))
            seen = pool.map(lambda pixels: _examined(collection, pixels, flaws), _readable(collection, batch))
            for row, (its_flaws, fingerprint) in zip(batch.tolist(), seen, strict=True):
                found += [(row, flaw) for flaw in its_flaws]
                prints[row] = fingerprint
            advance(len(batch))
    if flaws:
        limit, known = LIMITS["bad_pixels"], {row for row, flaw in found if flaw.kind == "bad_pixels"}
        found += [
            (row, Flaw("bad_pixels", f"{bad[row]:.0%} of the pixels were NaN", float(bad[row] / limit)))
            for row in np.flatnonzero(bad > limit).tolist()
            if row not in known
        ]
    return Survey(found, prints)


def picture_of(collection: Collection, row: int) -> np.ndarray | None:
    """The pixels of one galaxy, ready to be compared: encoded, or flux after the stretch; None without."""
    pixels = _one(collection, row)
    if isinstance(pixels, DataError):
        return None
    return to_unit(pixels, collection.stretch) if pixels.dtype.kind == "f" else pixels


def _examined(
    collection: Collection, pixels: np.ndarray | DataError, flaws: bool
) -> tuple[list[Flaw], np.ndarray]:
    if isinstance(pixels, DataError):
        kind = "missing" if "no stamp" in pixels.what else "undecodable"
        return [Flaw(kind, pixels.what)], np.zeros((RINGS, ANGLES), np.int8)
    found = list(pixel_flaws(pixels, collection.stretch)) if flaws else []
    if any(flaw.kind in ("blank", "tiny", "half_black") for flaw in found):  # equal to too many others
        return found, np.zeros((RINGS, ANGLES), np.int8)
    picture = to_unit(pixels, collection.stretch) if pixels.dtype.kind == "f" else pixels
    return found, polar_print(picture)


def _shares(collection: Collection) -> np.ndarray:
    """Bad pixels of each galaxy as a share of its area; 0 where that is not known."""
    table = collection.catalogue(["bad_pixels", "height", "width"])
    bad, height, width = (table[name].fill_null(0).to_numpy().astype(float) for name in table.column_names)
    return bad / np.maximum(height * width, 1)


def _readable(collection: Collection, batch: np.ndarray) -> Iterator[np.ndarray | DataError]:
    """The pixels of each row, or the error that it gives."""
    try:
        return iter(collection.pixels(batch, shortest=_SIDE))
    except DataError:
        return (_one(collection, row) for row in batch.tolist())


def _one(collection: Collection, row: int) -> np.ndarray | DataError:
    try:
        return collection.pixels([row], shortest=_SIDE)[0]
    except DataError as error:
        return error
