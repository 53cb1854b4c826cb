"""Galaxies found in one wide image: searched once, remembered, cut out."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.source import Entry
from tuningfork.collection.stamps import Stamp, array_stamp, picture_stamp
from tuningfork.collection.tables import write_table
from tuningfork.errors import CollectionError
from tuningfork.images.crop import Box
from tuningfork.images.fits_header import sky_of_pixels
from tuningfork.images.sources import Source, cut_box, find_in_tiles, stamp_box
from tuningfork.images.wide import WideImage
from tuningfork.progress import progress

__all__ = ["Detection", "list_detected", "stamp_at"]

_SOURCES = "sources.parquet"
_OURS = ["id", "ra", "dec", "pixel_scale"]


@dataclass(frozen=True)
class Detection:
    """How galaxies are found and cut; the defaults find about 1,300 in the Hubble Deep Field."""

    threshold_sigma: float = 3.0
    min_pixels: int = 25
    smooth: float = 3.0  # FWHM in pixels
    min_peak_sigma: float = 8.0  # fainter ones are real, but nobody can say what they are
    margin: float = 2.0  # side of the stamp over the longer side of the source
    least: int = 24  # pixels


def list_detected(
    image: WideImage,
    files: Sequence[Path],
    out: Path,
    *,
    pixel_scale: float | None = None,
    detection: Detection | None = None,
    quiet: bool = False,
) -> Listing:
    """The galaxies of one image, brightest first, as ``src_00001`` and on.

    What was found is kept in ``out/sources.parquet`` with the image's size and time, so a second start does
    not search again. Columns: ``x``, ``y`` (pixels from 0, in the order of the file), ``area``, ``flux``,
    ``peak_sigma``, ``elongation``, ``half_light``, ``concentration``, ``likely_star`` (both null for
    pictures, and where there are too few stars to tell), ``box`` (top, left, height, width), ``at_edge``.

    Raises
    ------
    CollectionError
        When nothing stands out, or the image has changed since it was searched.
    ImageError
        When the image cannot be read.
    """
    detection = detection or Detection()
    signature = _signature(files, detection)
    table = _remembered(out / _SOURCES, signature, files[0])
    if table is None:
        table = _searched(image, files[0], detection, quiet)
        write_table(table.replace_schema_metadata({"tuningfork": json.dumps(signature)}), out / _SOURCES)
    positions = [column.to_pylist() for column in table.select(_OURS).columns]
    entries = [
        Entry(galaxy, files[0].name, row, ra, dec, scale or pixel_scale)
        for row, (galaxy, ra, dec, scale) in enumerate(zip(*positions, strict=True))
    ]
    listing = Listing(entries, table.drop_columns(_OURS), by_row=True)
    return listing.reading_with(_reader(image, table, detection))


def stamp_at(image: WideImage, box: Box, name: str) -> Stamp:
    """What the image shows in a box, as a stamp; `ImageError` when every pixel is NaN."""
    pixels = cut_box(image.window, box)
    if not image.is_flux:
        return picture_stamp(pixels, pixel_scale=image.pixel_scale)
    return array_stamp(
        pixels,
        name=name,
        bands=image.bands,
        pixel_scale=image.pixel_scale,
        unit=image.unit,
        zero_point=image.zero_point,
    )


def _reader(image: WideImage, table: pa.Table, detection: Detection) -> Callable[[Entry], Stamp]:
    boxes = [Box(*box) for box in table["box"].to_pylist()]

    def read(entry: Entry) -> Stamp:
        found = Source(0.0, 0.0, boxes[entry.row or 0], 0, 0.0, 0.0, 1.0, 0.0)
        return stamp_at(image, stamp_box(found, margin=detection.margin, least=detection.least), entry.id)

    return read


def _searched(image: WideImage, file: Path, detection: Detection, quiet: bool) -> pa.Table:
    found: list[Source] = []
    how = {key: getattr(detection, key) for key in ("threshold_sigma", "min_pixels", "smooth")}
    with progress("finding galaxies", None, quiet=quiet) as advance:
        for tile in find_in_tiles(image.window, image.shape, stars=image.is_flux, **how):
            bright = [source for source in tile if source.peak_sigma >= detection.min_peak_sigma]
            found += bright
            advance(len(bright))
    if not found:
        raise CollectionError(
            "no galaxy stands out in this image",
            where=str(file),
            remedy="Is it a single stamp? Give its folder",
        )
    return _table(sorted(found, key=lambda source: -source.flux), image, detection)


def _table(found: list[Source], image: WideImage, detection: Detection) -> pa.Table:
    height, width = image.shape[:2]
    stamps = [stamp_box(source, margin=detection.margin, least=detection.least) for source in found]
    at_edge = [
        b.top < 0 or b.left < 0 or b.top + b.height > height or b.left + b.width > width for b in stamps
    ]
    ra = dec = scale = [None] * len(found)
    if image.wcs is not None:
        ra, dec = sky_of_pixels(image.wcs, [s.x for s in found], [s.y for s in found])
        scale = [image.pixel_scale] * len(found)
    digits = max(5, len(str(len(found))))
    return pa.table(
        {
            "id": [f"src_{number:0{digits}d}" for number in range(1, len(found) + 1)],
            "ra": pa.array(ra, pa.float64()),
            "dec": pa.array(dec, pa.float64()),
            "pixel_scale": pa.array(scale, pa.float64()),
            **{
                name: [getattr(s, name) for s in found]
                for name in ("x", "y", "area", "flux", "peak_sigma", "elongation")
            },
            "half_light": [s.half_light for s in found],
            "concentration": pa.array([s.concentration for s in found], pa.float64()),
            "likely_star": pa.array([s.likely_star for s in found], pa.bool_()),
            "box": pa.array([list(asdict(s.box).values()) for s in found], pa.list_(pa.int32(), 4)),
            "at_edge": at_edge,
        }
    )


def _signature(files: Sequence[Path], detection: Detection) -> dict:
    settings = hashlib.blake2b(repr(detection).encode(), digest_size=8).hexdigest()
    stats = [file.stat() for file in files]
    return {
        "file": " ".join(file.name for file in files),
        "bytes": sum(stat.st_size for stat in stats),
        "modified_ns": max(stat.st_mtime_ns for stat in stats),
        "settings": settings,
    }


def _remembered(path: Path, signature: dict, source: Path) -> pa.Table | None:
    if not path.is_file():
        return None
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    if json.loads((table.schema.metadata or {}).get(b"tuningfork", b"{}")) == signature:
        return table
    if (path.parent / "galaxies.lance").exists():
        raise CollectionError(
            "the image, or how it is searched, has changed since its galaxies were cut out",
            where=str(source),
            remedy="Make a new collection with another --out",
        )
    return None
