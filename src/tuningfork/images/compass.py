"""Where north and east lie on a picture, and positions in the words of the sky."""

from pathlib import Path

import numpy as np

__all__ = ["compass_of_fits", "compass_of_header", "sexagesimal"]


def compass_of_header(header, height: int, width: int) -> tuple[float, float] | None:
    """Where north and east lie at the middle of an image, row 0 lowest as FITS has it.

    Returns
    -------
    tuple of float or None
        Degrees from upwards, counterclockwise: (0, 90) on a chart with north up and east left, (0, -90) on
        its mirror image. None where the header has no usable coordinates.
    """
    from tuningfork.images.fits_header import celestial, sky_of_pixels

    wcs = celestial(header)
    if wcs is None:
        return None
    x, y = (width - 1) / 2, (height - 1) / 2
    ra, dec = sky_of_pixels(wcs, [x, x + 1, x], [y, y, y + 1])
    east = ((ra[1:] - ra[0] + 180) % 360 - 180) * np.cos(np.radians(dec[0]))
    moves = np.array([east, dec[1:] - dec[0]])  # of one pixel to the right and one upwards
    if not np.isfinite(moves).all() or abs(np.linalg.det(moves)) < 1e-18:
        return None
    ways = np.linalg.solve(moves, np.array([[0.0, 1.0], [1.0, 0.0]]))  # columns: the pixels of north, of east
    angles = np.degrees(np.arctan2(-ways[0], ways[1]))
    return round(float(angles[0]), 2), round(float(angles[1]), 2)


def compass_of_fits(file: Path, height: int, width: int) -> tuple[float, float] | None:
    """`compass_of_header` of the first image in a FITS file; None for a file that cannot be read."""
    import warnings

    from astropy.io import fits

    try:
        with (
            warnings.catch_warnings(action="ignore"),
            fits.open(file, memmap=True, lazy_load_hdus=True) as hdus,
        ):
            header = next((hdu.header for hdu in hdus if getattr(hdu, "shape", ())), None)
            return None if header is None else compass_of_header(header, height, width)
    except Exception:  # astropy answers damaged files with many kinds of exception
        return None


def sexagesimal(ra: float, dec: float) -> str:
    """A position in degrees as people write it, to a hundredth of a second and a tenth of an arcsecond.

    Examples
    --------
    >>> sexagesimal(155.79667, -2.18472)
    '10:23:11.20 -02:11:05.0'
    """
    from astropy.coordinates import Angle

    hours = Angle(ra % 360, "deg").to_string("hourangle", sep=":", precision=2, pad=True)
    degrees = Angle(dec, "deg").to_string("deg", sep=":", precision=1, pad=True, alwayssign=True)
    return f"{hours} {degrees}"
