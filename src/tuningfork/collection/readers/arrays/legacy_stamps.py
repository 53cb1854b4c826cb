"""Legacy Surveys stamps of Stein et al. (ssl-legacysurvey): HDF5 files of 10^6 galaxies with g, r and z."""

from pathlib import Path

from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import Layout
from tuningfork.collection.readers.arrays.hdf5 import hdf5_source, holds_hdf5
from tuningfork.collection.readers.arrays.hdf5_file import looked_at
from tuningfork.collection.wishes import Wishes

__all__ = ["open_source", "recognises"]

# From the README of georgestein/ssl-legacysurvey: `images` (N, 3, 152, 152) g, r, z in nanomaggies, pixels of
# 0.262 arcsec, and columns of the DR9 sweep catalogues. `inds` numbers the galaxies of one region (north or
# south, each a folder); `objid` is unique within its brick alone, so it is no id.
_OF_THE_SWEEPS = {"brickid", "objid", "release", "fracin", "psfdepth", "source_type", "z_phot_mean", "inds"}
_LAYOUT = Layout(
    ("images",),
    id_column="inds",
    folder_in_id=True,
    bands=("g", "r", "z"),
    unit="nanomaggy",
    zero_point=22.5,
    pixel_scale=0.262,
)


def recognises(path: Path, wishes: Wishes) -> bool:
    """Files with linear ``images`` of three bands, positions, and columns that only these have."""
    if not holds_hdf5(path):
        return False
    arrays = looked_at(path)
    shape, dtype = arrays.get("images", ((), None))
    linear = dtype is not None and dtype.kind == "f" and len(shape) == 4 and shape[1] == 3
    return linear and {"ra", "dec"} <= set(arrays) and bool(_OF_THE_SWEEPS & set(arrays))


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one file or of all below a folder; files below are told apart in the ids by folder."""
    return hdf5_source(path, wishes, _LAYOUT)
