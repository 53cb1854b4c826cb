"""Where the rows of a table are on the sky: its columns of right ascension and declination, as numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.columns import find_column
from tuningfork.errors import CatalogueError

__all__ = ["position_columns", "table_positions"]


def position_columns(table: pa.Table, *, where: str) -> tuple[str, str]:
    """The names of the columns of RA and Dec; `CatalogueError` when there are none."""
    ra, dec = find_column("ra", table.column_names), find_column("dec", table.column_names)
    if ra is None or dec is None:
        raise CatalogueError(
            f"no columns of positions (columns: {', '.join(table.column_names[:12])})",
            where=where,
            remedy="Call them ra and dec",
        )
    return ra, dec


def table_positions(table: pa.Table, *, where: str) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec of every row in degrees, float64 ``[n]``; NaN where a row has none that can be read.

    Numbers are degrees; text such as ``10:00:27.9`` is hours in right ascension and degrees in declination.

    Raises
    ------
    CatalogueError
        When no columns hold positions.
    """
    ra, dec = position_columns(table, where=where)
    return _degrees(table[ra], "hourangle"), _degrees(table[dec], "deg")


def _degrees(column: pa.ChunkedArray, sexagesimal: str) -> np.ndarray:
    if pa.types.is_time(column.type):  # what a reader of CSV makes of 10:00:27.9
        column = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        try:
            return pc.cast(column, pa.float64(), safe=False).to_numpy().astype(float)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, bytes, whatever is no position
            return np.full(len(column), np.nan)
    values = np.full(len(column), np.nan)
    for row, text in enumerate(column.to_pylist()):
        if text is not None:
            values[row] = _one(text, sexagesimal)
    return values


def _one(text: str, sexagesimal: str) -> float:
    from astropy.coordinates import Angle

    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(Angle(text, unit=sexagesimal).deg)
    except Exception:  # astropy's parser answers with several kinds of exception
        return float("nan")
