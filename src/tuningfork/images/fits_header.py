"""What FITS headers say of an image: which units are its bands, where it is on the sky, its zero point."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tuningfork.errors import ImageError
from tuningfork.images.decode import check_size
from tuningfork.images.sky import on_sky, separation

__all__ = [
    "BAND_ORDER",
    "band_in_name",
    "band_names",
    "celestial",
    "centre_on_sky",
    "claims_sky",
    "image_planes",
    "is_band_name",
    "pixel_scale",
    "pixels_of_sky",
    "sky_of_pixels",
    "zero_point",
]

# Blue to red, with the wide filters of HST and JWST; what is not among them keeps the order of the file.
_BANDS = (
    "fuv nuv f225w f275w f300w f336w u f390w f435w f438w b f450w f475w g f555w v f606w r f625w f702w f070w "
    "f775w i f814w f850lp f090w z f098m y f105w f110w f115w j f125w f140w f150w f160w h f200w k ks f277w "
    "w1 f356w f410m f444w w2 f560w f770w f1000w w3 f1500w w4"
)
BAND_ORDER = _BANDS.split()
_NOT_BANDS = ("invvar", "ivar", "weight", "wht", "mask", "dq", "err", "var", "psf", "nexp", "exp", "flag")
_ZERO_POINTS = ("MAGZERO", "MAGZPT", "MAGZP", "ZEROPOINT", "ZEROPNT", "PHOTZP", "ZP")
_MAX_BANDS = 64
# What makes a tangent plane more than its matrix: distortions, another pole, the old rotation.
_MORE = re.compile(r"PV\d|PS\d|CROTA|LONPOLE|LATPOLE|[AB]P?_(ORDER|\d)|D[PQ]\d|CPDIS|CQDIS")


def is_band_name(name: str) -> bool:
    """False for the names of weights, masks, errors and PSFs, which stand beside bands."""
    return not name.lower().startswith(_NOT_BANDS)


def image_planes(hdus, name: str, max_pixels: int) -> list:
    """The image units that make up one picture, their size checked in the header before it is read.

    Raises
    ------
    ImageError
        No image, too large, or a shape that is neither planes nor one cube.
    """
    from astropy.io.fits import CompImageHDU, ImageHDU, PrimaryHDU

    images = [h for h in hdus if isinstance(h, PrimaryHDU | ImageHDU | CompImageHDU) and len(h.shape) >= 2]
    if not images:
        raise ImageError("no image in this FITS file", where=name)
    found = [h for h in images if is_band_name(h.name)] or images[:1]
    bands = [h for h in found if h.shape == found[0].shape] if len(found[0].shape) == 2 else found[:1]
    if 1 < len(bands) < len(found) and not any(band_names(bands, len(bands))):
        raise ImageError(
            f"{len(found)} images of several sizes without band names are not bands of one galaxy", where=name
        )
    shape = bands[0].shape
    check_size(*shape[-2:], name=name, max_pixels=max_pixels)
    count = len(bands) * int(np.prod(shape[:-2], dtype=np.int64))
    if count < 1 or count > _MAX_BANDS:
        raise ImageError(
            f"an image of shape {shape} is not a plane (H, W) or a cube (C, H, W) of bands", where=name
        )
    check_size(count * shape[-2], shape[-1], name=name, max_pixels=4 * max_pixels)
    return bands


def band_names(planes: list, count: int) -> list[str]:
    """A name for each of ``count`` bands, empty where the headers give none."""
    header = planes[0].header
    if len(planes) == count > 1:
        return [_band(p.header) or p.name.lower().removeprefix("primary") for p in planes]
    listed = [str(header.get(f"BAND{n}", "")).strip().lower() for n in range(count)]
    if all(listed):
        return listed
    together = str(header.get("BANDS", "")).strip().lower()
    if len(together) == count:
        return list(together)
    return [_band(header)] if count == 1 else [""] * count


def band_in_name(file: str) -> tuple[str, tuple[int, int]] | None:
    """The band that a file name bears between marks, as in ``field_g.fits``, and where in the name; or None.

    The last such letter counts.
    """
    found = list(re.finditer(r"(?<![A-Za-z0-9])(fuv|nuv|[ubgvrizyjhk])(?![A-Za-z0-9])", file, re.IGNORECASE))
    return (found[-1][1].lower(), found[-1].span(1)) if found else None


def zero_point(header, unit: str) -> float | None:
    """AB magnitude of one unit of flux, from the keywords of surveys, or from the unit's own meaning."""
    for key in _ZERO_POINTS:
        value = header.get(key)
        if isinstance(value, int | float) and 0 < value < 50:
            return float(value)
    return _zero_point_of_unit(unit)


@lru_cache
def _zero_point_of_unit(unit: str) -> float | None:
    """22.5 for nanomaggies, 8.9 for Jy, 31.4 for nJy, ...; None for what is no linear flux density (AB
    magnitudes: Oke & Gunn 1983)."""
    if unit.lower() in ("nanomaggy", "nanomaggies", "nmgy"):
        return 22.5
    if "Jy" not in unit:  # the rest is counts and surface brightness, for which parsing would be wasted
        return None
    from astropy import units

    try:
        jansky = float((1 * units.Unit(unit.replace("microJy", "uJy"))).to(units.Jy).value)
    except (ValueError, TypeError):
        return None
    return round(8.9 - 2.5 * np.log10(jansky), 3) if jansky > 0 else None


def celestial(header) -> Any:
    """The celestial coordinates of a header (an `astropy.wcs.WCS` of two axes), or None.

    Headers whose coordinates are missing, singular or lead off the sky count as having none: they are no
    reason to lose the pixels.
    """
    from astropy.wcs import WCS

    if not _may_have_coordinates(header):
        return None
    try:
        wcs = WCS(header).celestial
        if wcs.naxis != 2 or not wcs.has_celestial or not abs(wcs.wcs.crval[wcs.wcs.lat]) <= 90:
            return None
        ra, dec = sky_of_pixels(wcs, [0.0, 1.0], [0.0, 1.0])
        return wcs if on_sky(ra, dec).all() and 0 < pixel_scale(wcs) < 3600 else None
    except Exception:  # astropy answers odd headers with many kinds of exception
        return None


def centre_on_sky(header, height: int, width: int) -> tuple[float, float, float] | None:
    """RA and Dec in degrees of the middle of the image and its arcsec per pixel, or None.

    A plain tangent plane, which nearly every stamp has, is computed from the header's numbers (Calabretta &
    Greisen 2002, section 5.1.3): the whole machinery costs milliseconds.
    """
    plain = _plain_tangent(header)
    if plain is None:
        wcs = celestial(header)
        if wcs is None:
            return None
        ra, dec = sky_of_pixels(wcs, [(width - 1) / 2], [(height - 1) / 2])
        return (float(ra[0]), float(dec[0]), pixel_scale(wcs)) if on_sky(ra, dec)[0] else None
    pixel, (ra0, dec0), matrix = plain
    x, y = np.radians(matrix @ (np.array([(width + 1) / 2, (height + 1) / 2]) - pixel))
    away = np.cos(dec0) - y * np.sin(dec0)
    ra = np.degrees(ra0 + np.arctan2(x, away)) % 360
    dec = np.degrees(np.arctan2(np.sin(dec0) + y * np.cos(dec0), np.hypot(x, away)))
    return float(ra), float(dec), float(np.sqrt(abs(np.linalg.det(matrix))) * 3600)


def claims_sky(header) -> bool:
    """Whether an axis says that it is celestial, whatever its numbers are."""
    kinds = [str(header.get(f"CTYPE{n}", "")) for n in (1, 2, 3)]
    return any("RA" in kind or "LON" in kind for kind in kinds)


def pixel_scale(wcs) -> float:
    """Arcsec per pixel at the reference point, the geometric mean of both axes."""
    from astropy.wcs.utils import proj_plane_pixel_area

    return float(np.sqrt(proj_plane_pixel_area(wcs)) * 3600)


def sky_of_pixels(wcs, x, y) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec (ICRS) in degrees of pixels, counted from 0, distortions (SIP) included."""
    world = wcs.all_pix2world(np.column_stack([x, y]).astype(float), 0)
    longitude, latitude = world[:, wcs.wcs.lng] % 360, world[:, wcs.wcs.lat]
    frame = _other_frame(wcs)
    if frame is None or not np.isfinite(latitude).all():
        return longitude, latitude
    from astropy.coordinates import SkyCoord

    places = SkyCoord(longitude, latitude, unit="deg", frame=frame).icrs
    return places.ra.deg, places.dec.deg


def pixels_of_sky(wcs, ra, dec) -> tuple[np.ndarray, np.ndarray]:
    """``x`` and ``y`` from 0 of positions in degrees; NaN where the projection does not reach."""
    ra, dec = np.atleast_1d(np.asarray(ra, float)), np.atleast_1d(np.asarray(dec, float))
    x, y = np.full(len(ra), np.nan), np.full(len(ra), np.nan)
    known = np.flatnonzero(on_sky(ra, dec))
    if known.size:
        world = np.empty((known.size, 2))
        world[:, wcs.wcs.lng], world[:, wcs.wcs.lat] = _in_frame_of(wcs, ra[known], dec[known])
        pixels = wcs.all_world2pix(world, 0, quiet=True)
        with np.errstate(invalid="ignore"):  # far away a polynomial gives pixels that lie somewhere else
            back = separation(*sky_of_pixels(wcs, *np.nan_to_num(pixels).T), ra[known], dec[known])
            pixels[~(back < 0.5 * pixel_scale(wcs))] = np.nan
        x[known], y[known] = pixels.T
    return x, y


def _other_frame(wcs) -> Any:
    """Astropy's frame of coordinates unless they are ICRS or FK5 of J2000, which agree to 0.03 arcsec.

    Raises
    ------
    ValueError
        Neither equatorial nor galactic, as coordinates on the Sun.
    """
    from astropy.wcs.utils import wcs_to_celestial_frame

    # Astropy goes by RADESYS first, and takes ecliptic and some galactic coordinates for equatorial ones.
    if wcs.wcs.lngtyp == "GLON":
        return "galactic"
    if wcs.wcs.lngtyp != "RA":
        raise ValueError(f"coordinates of type {wcs.wcs.lngtyp}")
    frame = wcs_to_celestial_frame(wcs)
    same = frame.name == "icrs" or (frame.name == "fk5" and abs(frame.equinox.jyear - 2000) < 0.01)
    return None if same else frame


def _in_frame_of(wcs, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    frame = _other_frame(wcs)
    if frame is None:
        return ra, dec
    from astropy.coordinates import SkyCoord

    places = SkyCoord(ra, dec, unit="deg").transform_to(frame).spherical
    return places.lon.deg, places.lat.deg


def _may_have_coordinates(header) -> bool:
    """Whether an axis says that it is celestial, and the reference is in numbers; cheaper than WCS itself.

    Text for a number would count as 0 and put a galaxy where it is not.
    """
    if not np.isfinite(
        [*_numbers(header, "CRVAL", (1, 2), 0.0), *_numbers(header, "CRPIX", (1, 2), 0.0)]
    ).all():
        return False
    return claims_sky(header)


def _plain_tangent(header) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """``CRPIX``, ``CRVAL`` and the matrix of a plain tangent plane; None for whatever is anything more."""
    kinds = tuple(str(header.get(f"CTYPE{n}", "")).strip() for n in (1, 2))
    units = {str(header.get(f"CUNIT{n}", "deg")).strip() for n in (1, 2)}
    if kinds != ("RA---TAN", "DEC--TAN") or units - {"deg", ""} or any(_MORE.match(key) for key in header):
        return None
    system = str(header.get("RADESYS", header.get("RADECSYS", "ICRS"))).strip().upper()
    if system not in ("", "ICRS", "FK5") or header.get("EQUINOX", header.get("EPOCH", 2000)) != 2000:
        return None
    pixel, value = (_numbers(header, name, (1, 2), 0.0) for name in ("CRPIX", "CRVAL"))
    matrix = _matrix(header)
    if matrix is None or not np.isfinite([*pixel, *value]).all() or abs(value[1]) > 90:
        return None
    return np.array(pixel), np.radians(value), matrix


def _matrix(header) -> np.ndarray | None:
    """Degrees per pixel, ``[2, 2]``: from CD, or from CDELT and PC; None when it turns no plane."""
    places = ("1_1", "1_2", "2_1", "2_2")
    if any(f"CD{place}" in header for place in places):
        if any(f"PC{place}" in header for place in places):  # which of them is meant, only a standard can say
            return None
        matrix = np.reshape(_numbers(header, "CD", places, 0.0), (2, 2))
    else:
        steps = _numbers(header, "CDELT", (1, 2), 1.0)
        old = [f"00{place[0]}00{place[2]}" for place in places]  # PC001001, as Pan-STARRS writes it
        unit = (1.0, 0.0, 0.0, 1.0)
        turn = [
            _numbers(header, "PC", (place,), _numbers(header, "PC", (before,), one)[0])[0]
            for place, before, one in zip(places, old, unit, strict=True)
        ]
        matrix = np.diag(steps) @ np.reshape(turn, (2, 2))
    area = abs(np.linalg.det(matrix)) if np.isfinite(matrix).all() else 0.0
    return matrix if 0 < area < 1 else None


def _numbers(header, name: str, places: Sequence, default: float) -> list[float]:
    values = [header.get(f"{name}{place}", default) for place in places]
    return [float(v) if isinstance(v, int | float) else np.nan for v in values]


def _band(header) -> str:
    words = str(header.get("FILTER", "")).strip().lower().split()
    return words[0].split(".")[0] if words and words[0][0].isalpha() else ""
