"""Which column of a catalogue is the id, the file, the position: by the names people use, or as told."""

import re
from collections.abc import Sequence

from tuningfork.errors import UnknownNameError

__all__ = ["chosen_column", "find_column", "id_columns", "position_in_name"]

_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "id_str",
        "objid",
        "obj_id",
        "object_id",
        "objectid",
        "galaxy_id",
        "galaxyid",
        "source_id",
        "targetid",
        "target_id",
        "dr7objid",
        "dr8objid",
        "iauname",
        "name",
        "galaxy",
    ),
    "file": (
        "file",
        "file_loc",
        "filename",
        "file_name",
        "filepath",
        "file_path",
        "path",
        "image",
        "image_path",
        "image_file",
        "imagefile",
        "jpg_loc",
        "png_loc",
        "fits_loc",
        "stamp_file",
    ),
    "ra": ("ra", "ra_deg", "radeg", "raj2000", "ra_j2000", "alpha_j2000", "right_ascension", "target_ra"),
    "dec": (
        "dec",
        "dec_deg",
        "decdeg",
        "dej2000",
        "decj2000",
        "dec_j2000",
        "delta_j2000",
        "declination",
        "target_dec",
    ),
    "pixel_scale": ("pixel_scale", "pixscale", "pixel_scale_arcsec"),
}

_NUMBER = r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_POSITIONS = (
    re.compile(rf"ra[_=]?({_NUMBER})[_ ,-]*dec[_=]?({_NUMBER})", re.IGNORECASE),
    re.compile(r"(?:^|_)(\d{1,3}\.\d+)_([+-]?\d{1,2}\.\d+)$"),
)


def find_column(kind: str, columns: Sequence[str]) -> str | None:
    """The column for ``id``, ``file``, ``ra``, ``dec`` or ``pixel_scale``, whatever its case, or None."""
    by_lower = {}
    for column in columns:
        by_lower.setdefault(column.strip().lower(), column)
    return next((by_lower[name] for name in _NAMES[kind] if name in by_lower), None)


def chosen_column(kind: str, columns: Sequence[str], given: str | None, *, where: str) -> str | None:
    """The column given (`UnknownNameError` when it is not there), or the one found by name, or None."""
    if given is None:
        return find_column(kind, columns)
    if given not in columns:
        raise UnknownNameError("column", given, columns, where=where)
    return given


def id_columns(columns: Sequence[str]) -> list[str]:
    """Columns that may hold ids, and so must be read as text at first."""
    return [column for column in columns if column.strip().lower() in _NAMES["id"]]


def position_in_name(stem: str) -> tuple[float, float] | None:
    """RA and Dec, degrees, out of names such as ``ra1.67_dec-8.74`` or ``cutout_1.67_-8.74``, or None."""
    for pattern in _POSITIONS:
        found = pattern.search(stem)
        if found:
            ra, dec = float(found[1]), float(found[2])
            return (ra, dec) if 0 <= ra <= 360 and -90 <= dec <= 90 else None
    return None
