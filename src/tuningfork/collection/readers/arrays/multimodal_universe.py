"""Multimodal Universe image sets: folders ``healpix=N`` of HDF5 files with ``image_array`` and its bands."""

from dataclasses import replace
from pathlib import Path

from tuningfork.collection.readers.arrays.array_source import ArraySource
from tuningfork.collection.readers.arrays.arrays import Layout
from tuningfork.collection.readers.arrays.hdf5 import hdf5_source, holds_hdf5
from tuningfork.collection.readers.arrays.hdf5_file import looked_at
from tuningfork.collection.wishes import Wishes

__all__ = ["open_source", "recognises"]

# From scripts/legacysurvey/build_parent_sample.py and scripts/hsc/hsc.py of MultimodalUniverse: one galaxy's
# `image_array` is (bands, S, S), `image_band` names them, `image_scale` is arcsec per pixel of each.
# `image_ivar` and `image_mask` are left where they are.
_LAYOUT = Layout(
    ("image_array",), id_column="object_id", band_column="image_band", scale_column="image_scale"
)
# Its Legacy Surveys images are coadds, in nanomaggies like all of them, and have bands `des-g` to `des-z`;
# only they have a catalogue with `FLUX_G` and `EBV`. The flux units of the other surveys are not stored.
_LEGACY = {"EBV", "FLUX_G", "FLUX_R", "FLUX_Z"}


def recognises(path: Path, wishes: Wishes) -> bool:
    """Files with ``image_array``, ``image_band`` and ``object_id``."""
    return holds_hdf5(path) and {"image_array", "image_band", "object_id"} <= set(looked_at(path))


def open_source(path: Path, out: Path, wishes: Wishes) -> ArraySource:
    """The galaxies of one file, or of all ``healpix`` folders below."""
    legacy = set(looked_at(path)) >= _LEGACY
    layout = replace(_LAYOUT, unit="nanomaggy", zero_point=22.5) if legacy else _LAYOUT
    return hdf5_source(path, wishes, layout)
