"""A collection's catalogue as a table file that other people's tools read."""

from collections.abc import Sequence
from pathlib import Path

from tuningfork.collection.store import Collection
from tuningfork.collection.tables import write_table

__all__ = ["export_catalogue"]


def export_catalogue(
    collection: Collection, out: str | Path, *, columns: Sequence[str] | None = None
) -> Path:
    """Write every galaxy's row, without the pixels.

    Parameters
    ----------
    collection : Collection
    out : path
        CSV, TSV, Parquet, FITS, VOTable or ECSV by its suffix.
    columns : sequence of str, optional
        Only these, in this order.

    Returns
    -------
    Path
        The file written. Raises `UnknownNameError` for a column that is not there, `UsageError` for another
        suffix.
    """
    write_table(collection.catalogue(columns), out)
    return Path(out)
