"""Pixels: decode, stretch, crop, detect, sheet. Pure functions that know nothing of collections."""

from importlib import import_module

from tuningfork.images.decode import (
    decode as decode,
)  # now, since the module of that name would take its place later

_HOMES = {
    "crop": ("Box", "adaptive_box", "adaptive_crop", "central_crop", "resize"),
    "background": ("fill_bad_pixels", "sky_level"),
    "bands": ("decode_bands", "encode_bands"),
    "decode": ("check_size", "verify"),
    "fits": ("FitsImage", "read_fits", "read_fits_bands"),
    "headers": ("PictureHeader", "read_header", "sniff"),
    "sheet": ("contact_sheet", "encode_picture"),
    "sources": ("Source", "cut_out", "find_sources"),
    "stretch": (
        "Asinh",
        "LegacyRGB",
        "Linear",
        "Log",
        "Lupton",
        "Stretch",
        "ZScale",
        "restretch_display",
        "stretch_from_table",
        "to_display",
        "to_unit",
    ),
    "stretch_fit": ("fit_stretch",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(["decode", *_HOME_OF])  # noqa: PLE0605 - one list of names, kept with their modules


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(import_module(f"tuningfork.images.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'tuningfork.images' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
