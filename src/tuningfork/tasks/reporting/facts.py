"""Magnitude and size of judged galaxies: from the catalogue by the columns' usual names, or measured."""

from typing import Any

import numpy as np

from tuningfork.errors import DataError

__all__ = ["find_column", "known_facts"]

_NAMES = {
    "magnitude": (
        "magnitude",
        "mag",
        "mag_r",
        "rmag",
        "r_mag",
        "petromag_r",
        "modelmag_r",
        "cmodelmag_r",
        "mag_auto",
        "dered_r",
        "r",
    ),
    "size": (
        "size",
        "radius",
        "r50",
        "re",
        "r_e",
        "petror50_r",
        "petro_th50",
        "petrorad_r",
        "shape_r",
        "half_light_radius",
        "flux_radius",
    ),
}
_MOST_MEASURED = 5_000  # galaxies whose stamps are read for it
_SIDE = 132


def find_column(columns: list[str], fact: str) -> str | None:
    """The column of a catalogue that holds a fact, by its usual names in any case."""
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in _NAMES[fact] if name in lower), None)


def known_facts(
    collection: Any, rows: np.ndarray, named: dict[str, str | None]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """What is known of some rows of a collection.

    Parameters
    ----------
    named : dict
        Fact -> column; None looks for one.

    Returns
    -------
    facts : dict
        Fact -> (n,) float64, NaN where unknown.
    sources : dict
        Fact -> where it is from, in words.

    Raises
    ------
    UnknownNameError
        A named column is not there.
    DataError
        A named column holds no numbers; one that was only found by its name is passed over then.
    """
    facts, sources = {}, {}
    for fact, asked in named.items():
        column = asked or find_column(collection.columns, fact)
        if column is None:
            continue
        try:
            facts[fact], sources[fact] = _numbers(collection, rows, column), f"column {column}"
        except DataError:
            if asked:
                raise
    if "size" not in facts and len(rows) <= _MOST_MEASURED:
        facts["size"], sources["size"] = _measured(collection, rows)
    known = [fact for fact, values in facts.items() if np.isfinite(values).sum() >= 2]
    return {fact: facts[fact] for fact in known}, {fact: sources[fact] for fact in known}


def _numbers(collection: Any, rows: np.ndarray, column: str) -> np.ndarray:
    import pyarrow as pa

    values = collection.catalogue([column], rows)[column]
    try:
        return values.cast(pa.float64()).to_numpy().astype(float)
    except pa.ArrowException as error:
        raise DataError(f"the column '{column}' holds no numbers", where=collection.name) from error


def _measured(collection: Any, rows: np.ndarray) -> tuple[np.ndarray, str]:
    from tuningfork.images import to_unit
    from tuningfork.images.extent import galaxy_radius

    scale = collection.pixel_scale
    shape = collection.catalogue(["height", "width"], rows)
    sides = np.minimum(shape["height"].to_numpy(), shape["width"].to_numpy())
    out = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        try:
            stamp = collection.pixels([row], shortest=_SIDE)[0]
        except DataError:
            continue
        out[place] = galaxy_radius(to_unit(stamp, collection.stretch)) * sides[place] * (scale or 1)
    return out, f"radius measured on the stamps, {'arcsec' if scale else 'pixels'}"
