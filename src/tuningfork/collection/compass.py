"""Where north and east lie on a stamp, from the FITS file it came from, while that is still in its place."""

from pathlib import Path
from typing import Any

from tuningfork.images.compass import compass_of_fits

__all__ = ["compass"]

_ENDINGS = (".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fit.gz")


def compass(collection: Any, source: str, height: int, width: int) -> tuple[float, float] | None:
    """North and east of a stamp in degrees from upwards, counterclockwise, as it is displayed.

    Parameters
    ----------
    collection : Collection
        Its manifest names the folder that it was made from; nothing outside of that is opened.
    source : str
        The galaxy's own, "stamps/a.fits, catalogue.tsv row 1".
    height, width : int
        Of the stamp.

    Returns
    -------
    tuple of float or None
        None for a picture that is no FITS stamp, or when its file is gone.
    """
    file = source.partition(", ")[0]
    root = Path(collection.manifest.source)
    if collection.manifest.pixels != "flux" or not file.lower().endswith(_ENDINGS) or not root.is_dir():
        return None
    root = root.resolve()
    path = (root / file).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        return None
    return compass_of_fits(path, height, width)
