"""One wide image: find its galaxies once, remember where they are, cut each out."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection.readers.files import is_image_name, walk_images
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.source import Entry
from tuningfork.collection.stamps import Stamp, flux_stamp, picture_stamp
from tuningfork.collection.tables import write_table
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CollectionError
from tuningfork.images.decode import decode
from tuningfork.images.fits import FitsImage, read_fits
from tuningfork.images.headers import sniff
from tuningfork.images.sources import Source, cut_out, find_sources, stamp_box
from tuningfork.progress import progress

__all__ = ["Detection", "list_mosaic", "open_source", "recognises"]

_SOURCES = "sources.parquet"


@dataclass(frozen=True)
class Detection:
    """How galaxies are found and cut; the defaults find about 1,300 in the Hubble Deep Field."""

    threshold_sigma: float = 3.0
    min_pixels: int = 25
    smooth: float = 3.0  # FWHM in pixels
    min_peak_sigma: float = 8.0  # fainter ones are real, but nobody can say what they are
    margin: float = 2.0  # side of the stamp over the longer side of the source
    least: int = 24  # pixels


def recognises(path: Path, wishes: Wishes) -> bool:
    """One image file, or whatever was said to be a mosaic."""
    return wishes.mosaic if wishes.mosaic is not None else path.is_file() and is_image_name(path.name)


def open_source(path: Path, out: Path, wishes: Wishes) -> Listing:
    """Search the image, or remember what was found in it before."""
    return list_mosaic(path, out, pixel_scale=wishes.pixel_scale, quiet=wishes.quiet)


def list_mosaic(
    source: Path,
    out: Path,
    *,
    pixel_scale: float | None = None,
    detection: Detection | None = None,
    quiet: bool = False,
) -> Listing:
    """The galaxies of one image, brightest first, as ``src_00001`` and on.

    What was found is kept in ``out/sources.parquet`` with the image's size and time, so a second start does
    not search again. Columns: ``x``, ``y`` (pixels from 0, in the order of the file), ``area``, ``flux``,
    ``peak_sigma``, ``elongation``, ``half_light``, ``box`` (top, left, height, width), ``at_edge``.

    Raises
    ------
    CollectionError
        When nothing stands out, or the image has changed since it was searched.
    ImageError
        When the image cannot be read.
    """
    source, detection = _the_image(source), detection or Detection()
    mosaic = _Mosaic(source, detection)
    signature = _signature(source, detection)
    table = _remembered(out / _SOURCES, signature, source)
    if table is None:
        table = _searched(mosaic, detection, quiet)
        write_table(table.replace_schema_metadata({"tuningfork": json.dumps(signature)}), out / _SOURCES)
    positions = [column.to_pylist() for column in table.select(["id", "ra", "dec", "pixel_scale"]).columns]
    entries = [
        Entry(galaxy, source.name, row, ra, dec, scale or pixel_scale)
        for row, (galaxy, ra, dec, scale) in enumerate(zip(*positions, strict=True))
    ]
    extra = table.drop_columns(["id", "ra", "dec", "pixel_scale"])
    return Listing(entries, extra, by_row=True).reading_with(mosaic.reader(table))


class _Mosaic:
    """The image, read when first needed."""

    def __init__(self, source: Path, detection: Detection):
        self.source, self.detection = source, detection
        self._lock = threading.Lock()

    @cached_property
    def image(self) -> FitsImage | np.ndarray:
        data = self.source.read_bytes()
        if sniff(data) in ("fits", "gzip", "bzip2"):
            return read_fits(data, name=self.source.name)
        return decode(data, name=self.source.name)

    @property
    def pixels(self) -> np.ndarray:
        with self._lock:
            image = self.image
        return image.flux if isinstance(image, FitsImage) else image

    def reader(self, table: pa.Table) -> Callable[[Entry], Stamp]:
        """The function that cuts out the stamp of an entry."""
        boxes = np.array(table["box"].to_pylist(), int).reshape(-1, 4)
        detection = self.detection

        def read(entry: Entry) -> Stamp:
            pixels = self.pixels
            found = _source_of_box(boxes[entry.row])
            return self._stamp(cut_out(pixels, found, margin=detection.margin, least=detection.least))

        return read

    def _stamp(self, pixels: np.ndarray) -> Stamp:
        image = self.image
        if isinstance(image, FitsImage):
            return flux_stamp(
                FitsImage(pixels, image.bands, None, None, image.pixel_scale, 0, image.unit, None)
            )
        return picture_stamp(pixels)


def _source_of_box(box: np.ndarray) -> Source:
    from tuningfork.images.crop import Box

    return Source(0.0, 0.0, Box(*(int(v) for v in box)), 0, 0.0, 0.0, 1.0, 0.0)


def _the_image(source: Path) -> Path:
    if source.is_file():
        return source
    images = list(walk_images(source))
    if len(images) != 1:
        raise CollectionError(
            f"a mosaic is one image, but there are {len(images)} in this folder",
            where=str(source),
            remedy="Name the file",
        )
    return source / images[0]


def _searched(mosaic: _Mosaic, detection: Detection, quiet: bool) -> pa.Table:
    with progress("finding galaxies", None, quiet=quiet) as advance:
        found = find_sources(
            mosaic.pixels,
            threshold_sigma=detection.threshold_sigma,
            min_pixels=detection.min_pixels,
            smooth=detection.smooth,
        )
        found = [source for source in found if source.peak_sigma >= detection.min_peak_sigma]
        advance(len(found))
    if not found:
        raise CollectionError(
            "no galaxy stands out in this image",
            where=str(mosaic.source),
            remedy="Is it a single stamp? Give its folder",
        )
    return _table(found, mosaic, detection)


def _table(found: list[Source], mosaic: _Mosaic, detection: Detection) -> pa.Table:
    height, width = mosaic.pixels.shape[:2]
    stamps = [stamp_box(source, margin=detection.margin, least=detection.least) for source in found]
    at_edge = [
        b.top < 0 or b.left < 0 or b.top + b.height > height or b.left + b.width > width for b in stamps
    ]
    ra, dec, scale = _sky(found, mosaic.image)
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
            "box": pa.array([list(asdict(s.box).values()) for s in found], pa.list_(pa.int32(), 4)),
            "at_edge": at_edge,
        }
    )


def _sky(found: list[Source], image: FitsImage | np.ndarray) -> tuple[list, list, list]:
    empty = [None] * len(found)
    if not isinstance(image, FitsImage) or image.wcs is None:
        return empty, empty, empty
    world = image.wcs.wcs_pix2world([[s.x, s.y] for s in found], 0)
    return world[:, 0].tolist(), world[:, 1].tolist(), [image.pixel_scale] * len(found)


def _signature(source: Path, detection: Detection) -> dict:
    stat = source.stat()
    settings = hashlib.blake2b(repr(detection).encode(), digest_size=8).hexdigest()
    return {"file": source.name, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns, "settings": settings}


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
