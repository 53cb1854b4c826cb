"""Where a galaxy lies on the sky: its position in words, the scale of its picture, and where else to look."""

from math import log2
from typing import Any
from urllib.parse import urlencode

__all__ = ["VIEWERS", "facts"]

VIEWERS = {
    "Legacy Surveys": "https://www.legacysurvey.org/viewer",
    "Aladin": "https://aladin.cds.unistra.fr/AladinLite/",
    "ESASky": "https://sky.esa.int/",
}
"""Atlases of the sky. They show pictures; a database of objects would tell the answer of others."""

_COLUMNS = ("ra", "dec", "pixel_scale", "height", "width", "source")
_AROUND = 4.0  # widths of the stamp that a viewer shows
_USUAL = 60.0  # arcsec, of a stamp whose scale is not known


def facts(collection: Any, row: int) -> dict[str, Any]:
    """What is known of one galaxy's place; never its id, which may hold somebody's answer.

    Returns
    -------
    dict
        ``ra``, ``dec`` (degrees), ``position`` (sexagesimal), ``viewers`` [{"name", "url"}], all only with a
        position; ``pixel_scale`` (arcsec), ``width``, ``height`` (pixels of the stamp); ``north`` and
        ``east`` (degrees from upwards, counterclockwise), where the file of the stamp tells them.
    """
    from tuningfork.collection.compass import compass
    from tuningfork.images.compass import sexagesimal

    told = collection.catalogue(columns=_COLUMNS, rows=[row]).to_pylist()[0]
    scale = told["pixel_scale"] or collection.pixel_scale
    known = {"pixel_scale": scale, "width": told["width"], "height": told["height"]}
    ways = compass(collection, str(told["source"] or ""), told["height"], told["width"])
    if ways is not None:
        known |= {"north": ways[0], "east": ways[1]}
    ra, dec = told["ra"], told["dec"]
    if ra is None or dec is None or not (-360 <= ra <= 360 and -90 <= dec <= 90):
        return known
    wide = _AROUND * (scale * told["width"] if scale else _USUAL)
    return known | {
        "ra": ra,
        "dec": dec,
        "position": sexagesimal(ra, dec),
        "viewers": [{"name": name, "url": _link(name, ra, dec, wide)} for name in VIEWERS],
    }


def _link(viewer: str, ra: float, dec: float, arcsec: float) -> str:
    degrees = f"{arcsec / 3600:.5f}"
    if viewer == "Legacy Surveys":
        query = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": "ls-dr10", "zoom": _zoom(arcsec)}
    elif viewer == "Aladin":
        query = {"target": f"{ra:.6f} {dec:+.6f}", "fov": degrees}
    else:
        query = {"target": f"{ra:.6f} {dec:+.6f}", "fov": degrees, "cooframe": "J2000"}
    return f"{VIEWERS[viewer]}?{urlencode(query)}"


def _zoom(arcsec: float) -> int:
    """The Legacy viewer's level at which a width fills about 600 pixels; at level 14 a pixel has 0.262 arcsec
    of its own surveys.
    """
    return int(min(max(round(14 - log2(max(arcsec, 1) / (600 * 0.52))), 4), 16))
