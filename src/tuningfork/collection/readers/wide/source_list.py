"""Galaxies cut out of a wide image where a table says that they are; a reason for every row that is not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection.columns import chosen_column, find_column, id_columns
from tuningfork.collection.positions import table_positions
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.rows import kept_columns, numbers, texts
from tuningfork.collection.readers.source import Entry, Rejected
from tuningfork.collection.readers.wide.detected import stamp_at
from tuningfork.collection.stamps import Stamp
from tuningfork.collection.tables import read_table
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, ImageError
from tuningfork.images.crop import Box
from tuningfork.images.fits_header import pixels_of_sky, sky_of_pixels
from tuningfork.images.wide import WideImage

__all__ = ["list_positions", "list_rows"]

# Names of pixel columns, and the number that their first pixel has. The second kind counts rows as FITS does,
# from the lowest one; in a picture, whose row 0 is the highest, they are turned over.
_FROM_FIRST_ROW = {"x": ("y", 0), "x_centroid": ("y_centroid", 0), "xcentroid": ("ycentroid", 0)}
_FROM_LOWEST = {"bx": ("by", 0), "xwin_image": ("ywin_image", 1), "x_image": ("y_image", 1)}

# Half-light radii by the names that surveys give them.
_RADII_ARCSEC = ("shape_r", "shapeexp_r", "shapedev_r", "petror50_r", "petro_theta_50")
_RADII_PIXELS = ("flux_radius", "half_light", "r_half", "half_light_radius")
_RADII_A_SIDE = 8.0  # side of a stamp over the half-light radius: four of them each way
_LEAST, _MOST = 32, 1024  # pixels
_USUAL_ARCSEC, _USUAL_PIXELS = 20.0, 64


def list_positions(image: WideImage, file: str, catalogue: Path, wishes: Wishes) -> Listing:
    """List the sources of a catalogue that lie in an image.

    Where a row is: by its RA and Dec when the image has coordinates, else by its pixel columns (``x``/``y``
    and photutils' names count from 0 in the order of the file, ``bx``/``by`` of Tractor from 0 and
    SExtractor's ``X_IMAGE`` from 1, both from the lowest row). How large its stamp is: ``side`` when that was
    wished for, else 8 half-light radii where a column tells one, between 32 and 1,024 pixels, else 20 arcsec,
    or 64 pixels without a pixel scale. Ids are those of the catalogue; Tractor's are ``BRICKNAME_OBJID``.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be read or tells no place.
    """
    where = str(catalogue)
    asked = [wishes.id_column] if wishes.id_column else []
    table = read_table(catalogue, text_columns=lambda names: [*id_columns(names), *asked])
    x, y = _places(table, image, where=where)
    scale = image.pixel_scale or wishes.pixel_scale
    sides = np.full(table.num_rows, wishes.side) if wishes.side else _sides(table, scale)
    ra, dec = (x * np.nan, y * np.nan) if image.wcs is None else _sky(image, x, y)
    reasons = [_outside(*place, image.shape) for place in zip(x, y, strict=True)]
    entries, rejected, extra = list_rows(
        table, file, ra, dec, reasons, scale=scale, wishes=wishes, where=where
    )
    listing = Listing(entries, extra, rejected, catalogue=catalogue.name)
    return listing.reading_with(_reader(image, x, y, sides))


def list_rows(
    table: pa.Table,
    file: str | list[str],
    ra: np.ndarray,
    dec: np.ndarray,
    reasons: list[str | None],
    *,
    scale: float | None,
    wishes: Wishes,
    where: str,
) -> tuple[list[Entry], list[Rejected], pa.Table | None]:
    """Entries of the rows that nothing is said against and whose id is their own; the rest; the columns kept.

    ``file`` is that of all rows or of each. Rows without a column of ids are called ``src_00001`` and on, by
    their number in the table.
    """
    names = table.column_names
    column = chosen_column("id", names, wishes.id_column, where=where)
    ids = _ids(table, column, wishes.id_column)
    scales = numbers(table, find_column("pixel_scale", names)) if scale is None else [scale] * len(ids)
    parts = {"id": column, "ra": find_column("ra", names), "dec": find_column("dec", names)}
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    taken: dict[str, int] = {}
    for row, galaxy in enumerate(ids):
        name = file if isinstance(file, str) else file[row]
        reason = reasons[row] or _against_id(galaxy, taken)
        if reason:
            rejected.append(Rejected(name, row + 1, reason))
            continue
        taken[str(galaxy)] = row + 1
        place = (float(ra[row]), float(dec[row])) if np.isfinite(ra[row]) else (None, None)
        entries.append(Entry(str(galaxy), name, row, *place, scales[row]))
    kept = kept_columns(table, parts)
    return entries, rejected, kept if kept.num_columns else None


def _ids(table: pa.Table, column: str | None, asked: str | None) -> list[str | None]:
    by_lower = {name.lower(): name for name in table.column_names}
    if asked is None and {"brickname", "objid"} <= by_lower.keys():  # Tractor counts anew in every brick
        bricks, numbered = (texts(table, by_lower[name]) for name in ("brickname", "objid"))
        return [f"{brick}_{number}" for brick, number in zip(bricks, numbered, strict=True)]
    if column is not None:
        return list(texts(table, column))
    digits = max(5, len(str(table.num_rows)))
    return [f"src_{row:0{digits}d}" for row in range(1, table.num_rows + 1)]


def _against_id(galaxy: str | None, taken: dict[str, int]) -> str | None:
    if not galaxy:
        return "the id is empty"
    return f"the id '{galaxy}' is already that of row {taken[galaxy]}" if galaxy in taken else None


def _places(table: pa.Table, image: WideImage, *, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels from 0 in the order of the file; NaN where a row tells none."""
    names = table.column_names
    if image.wcs is not None and find_column("ra", names) and find_column("dec", names):
        return pixels_of_sky(image.wcs, *table_positions(table, where=where))
    by_lower = {name.lower(): name for name in reversed(names)}
    for pairs in (_FROM_FIRST_ROW, _FROM_LOWEST):
        for x_name, (y_name, first) in pairs.items():
            if x_name in by_lower and y_name in by_lower:
                x, y = (np.array(numbers(table, by_lower[name]), float) - first for name in (x_name, y_name))
                return x, (image.shape[0] - 1 - y if pairs is _FROM_LOWEST and not image.is_flux else y)
    lack = "the image has no coordinates, and the table" if image.wcs is None else "the table"
    raise CatalogueError(
        f"{lack} tells no place in the image (columns: {', '.join(names[:12])})",
        where=where,
        remedy="Give columns x and y, in pixels from 0" if image.wcs is None else "Give columns ra and dec",
    )


def _sky(image: WideImage, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ra, dec = np.full(len(x), np.nan), np.full(len(x), np.nan)
    known = np.isfinite(x) & np.isfinite(y)
    if known.any():
        ra[known], dec[known] = sky_of_pixels(image.wcs, x[known], y[known])
    return ra, dec


def _sides(table: pa.Table, scale: float | None) -> np.ndarray:
    """Pixels along a side of each row's stamp."""
    by_lower = {name.lower(): name for name in reversed(table.column_names)}
    found = [(by_lower[n], 1.0) for n in _RADII_PIXELS if n in by_lower]
    if scale:
        found += [(by_lower[n], 1 / scale) for n in _RADII_ARCSEC if n in by_lower]
    radius = np.zeros(table.num_rows)
    for name, factor in found:
        radius = np.fmax(radius, factor * np.array(numbers(table, name), float))
    usual = np.clip(round(_USUAL_ARCSEC / scale), _LEAST, _MOST) if scale else _USUAL_PIXELS
    sides = np.clip(np.round(_RADII_A_SIDE * radius), _LEAST, _MOST)
    return np.where(radius > 0, sides, usual).astype(int)


def _outside(x: float, y: float, shape: tuple[int, ...]) -> str | None:
    if not (np.isfinite(x) and np.isfinite(y)):
        return "it has no place in the image"
    inside = -0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5
    return None if inside else f"it lies outside the image, at pixel ({round(x)}, {round(y)})"


def _reader(image: WideImage, x: np.ndarray, y: np.ndarray, sides: np.ndarray) -> Callable[[Entry], Stamp]:
    def read(entry: Entry) -> Stamp:
        row = entry.row or 0
        column, line, side = float(x[row]), float(y[row]), int(sides[row])
        near = image.window(round(line) - 1, round(column) - 1, 3, 3)
        if not (np.isfinite(near) & (near != 0)).any():
            raise ImageError("the image is empty there", where=entry.id)
        half = (side - 1) / 2
        return stamp_at(image, Box(round(line - half), round(column - half), side, side), entry.id)

    return read
