"""Galaxy10 SDSS and Galaxy10 DECaLS (``Galaxy10.h5``, ``Galaxy10_DECals.h5``) with their class names."""

from pathlib import Path

import numpy as np

from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import Layout
from tuningfork.collection.readers.arrays.hdf5 import hdf5_source, holds_hdf5
from tuningfork.collection.readers.arrays.hdf5_file import looked_at
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError

__all__ = ["DECALS_CLASSES", "SDSS_CLASSES", "open_source", "recognises"]

# Class names as in astroNN's documentation of both sets (pages galaxy10sdss and galaxy10).
SDSS_CLASSES = (
    "Disk, Face-on, No Spiral",
    "Smooth, Completely round",
    "Smooth, in-between round",
    "Smooth, Cigar shaped",
    "Disk, Edge-on, Rounded Bulge",
    "Disk, Edge-on, Boxy Bulge",
    "Disk, Edge-on, No Bulge",
    "Disk, Face-on, Tight Spiral",
    "Disk, Face-on, Medium Spiral",
    "Disk, Face-on, Loose Spiral",
)
DECALS_CLASSES = (
    "Disturbed Galaxies",
    "Merging Galaxies",
    "Round Smooth Galaxies",
    "In-between Round Smooth Galaxies",
    "Cigar Shaped Smooth Galaxies",
    "Barred Spiral Galaxies",
    "Unbarred Tight Spiral Galaxies",
    "Unbarred Loose Spiral Galaxies",
    "Edge-on Galaxies without Bulge",
    "Edge-on Galaxies with Bulge",
)
_LAYOUTS = {
    69: Layout(("images",), id_stem="galaxy10_sdss", class_names={"ans": SDSS_CLASSES}),
    256: Layout(
        ("images",), id_stem="galaxy10_decals", class_names={"ans": DECALS_CLASSES}, scale_column="pxscale"
    ),
}


def recognises(path: Path, wishes: Wishes) -> bool:
    """Files with ``ans`` and colour ``images`` of 69 or 256 pixels."""
    return holds_hdf5(path) and _layout(path) is not None


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one of the two sets; ids number the rows of the file."""
    layout = _layout(path)
    if layout is None:
        raise CatalogueError(
            "this is no Galaxy10: it has no 'ans' and uint8 'images' of 69 or 256 pixels",
            where=str(path),
            remedy="Read it with --reader hdf5",
        )
    return hdf5_source(path, wishes, layout)


def _layout(path: Path) -> Layout | None:
    arrays = looked_at(path)
    shape, dtype = arrays.get("images", ((), None))
    if "ans" not in arrays or dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        return None
    return _LAYOUTS.get(shape[1])
