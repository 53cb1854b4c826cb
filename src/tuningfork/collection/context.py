"""What lies around a stamp that was cut from one wide image, while that image is still in its place."""

from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import ImageError, TuningforkError
from tuningfork.images.background import fill_bad_pixels
from tuningfork.images.crop import Box
from tuningfork.images.fits_header import pixels_of_sky
from tuningfork.images.sources import cut_box
from tuningfork.images.wide import WideImage, open_wide

__all__ = ["Context", "open_context"]

WIDER = 3.0
_LARGEST = 2048  # pixels on a side of what is cut


class Context:
    """Wider cut-outs of a collection's galaxies; may be used from several threads."""

    def __init__(self, collection: Any, image: WideImage):
        self._collection, self._image = collection, image
        names = ("box", "ra", "dec", "height", "width")
        self._columns = [name for name in names if name in collection.columns]

    def wider(self, row: int) -> float | None:
        """How many times as wide as the stamp the cut-out is; None where the place is not known."""
        place = self._place(row)
        return None if place is None else place[2]

    def pixels(self, row: int) -> np.ndarray:
        """The cut-out ``[H, W, C]``, as the collection has the stamp; `ImageError` where there is none."""
        place = self._place(row)
        if place is None:
            raise ImageError("nothing wider is known of this galaxy", where=self._collection.name)
        (x, y), (height, width), times = place
        tall, wide = round(height * times), round(width * times)
        pixels = cut_box(self._image.window, Box(round(y - tall / 2), round(x - wide / 2), tall, wide))
        if not self._image.is_flux:
            return pixels
        return fill_bad_pixels(pixels.astype(np.float32, copy=False), name=self._image.name)[0]

    def _place(self, row: int) -> tuple[tuple[float, float], tuple[int, int], float] | None:
        """Middle in pixels of the image, size of the stamp, and how many times wider."""
        told = self._collection.catalogue(columns=self._columns, rows=[row]).to_pylist()[0]
        size = told["height"], told["width"]
        box = told.get("box")
        if isinstance(box, list) and len(box) == 4:
            x, y = box[1] + box[3] / 2, box[0] + box[2] / 2
        elif self._image.wcs is not None and told["ra"] is not None and told["dec"] is not None:
            x, y = (float(values[0]) for values in pixels_of_sky(self._image.wcs, told["ra"], told["dec"]))
        else:
            return None
        inside = 0 <= x < self._image.shape[1] and 0 <= y < self._image.shape[0]
        times = min(WIDER, _LARGEST / max(size))
        return ((x, y), size, round(times, 3)) if inside and times > 1.2 else None


def open_context(collection: Any) -> Context | None:
    """The wide image that a collection was cut from; None for any other collection, or when it is gone."""
    from tuningfork.collection.readers.files import is_image_name
    from tuningfork.collection.readers.wide.mosaic import mosaic_files

    manifest, source = collection.manifest, Path(collection.manifest.source)
    searched = (Path(collection.path) / "sources.parquet").is_file()
    if not source.exists() or not (searched or (source.is_file() and is_image_name(source.name))):
        return None
    try:
        image = open_wide(mosaic_files(source, manifest.file_bands or manifest.bands))
    except TuningforkError:
        return None
    same = image.shape[2] == len(manifest.bands) and image.is_flux == (manifest.pixels == "flux")
    return Context(collection, image) if same else None
