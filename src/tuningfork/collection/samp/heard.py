"""What other programs say, checked: a hub passes on whatever anybody on this machine sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

__all__ = ["PLACE", "ROW", "HeardPlace", "HeardRow", "read_place", "read_row"]

ROW = "table.highlight.row"
PLACE = "coord.pointAt.sky"
_LONGEST = 40  # characters of a number


@dataclass(frozen=True)
class HeardRow:
    """A row of a table that we sent: the galaxy's id, and who highlights it."""

    id: str
    sender: str


@dataclass(frozen=True)
class HeardPlace:
    """A place on the sky in degrees, 0 to 360 and -90 to 90, and who points at it."""

    ra: float
    dec: float
    sender: str


def read_row(params: Any, tables: Mapping[str, list[str]]) -> str | None:
    """The id in the row that a message names; None when it is no row of a table of ours.

    Parameters
    ----------
    params : object
        ``samp.params`` of ``table.highlight.row``, from anybody.
    tables : mapping
        Our tables: SAMP id or URL -> ids of the galaxies in their rows.
    """
    if not isinstance(params, dict):
        return None
    named = (params.get(key) for key in ("table-id", "url"))
    ids = next((tables[name] for name in named if isinstance(name, str) and name in tables), None)
    row = params.get("row")
    if ids is None or not isinstance(row, str) or len(row) > _LONGEST:
        return None
    if not (row.isascii() and row.isdigit()):
        return None
    number = int(row)
    return ids[number] if number < len(ids) else None


def read_place(params: Any) -> tuple[float, float] | None:
    """Right ascension and declination that a message names, in degrees; None when it names no place."""
    if not isinstance(params, dict):
        return None
    ra, dec = _number(params.get("ra")), _number(params.get("dec"))
    if ra is None or dec is None or not (-360 <= ra <= 360 and -90 <= dec <= 90):
        return None
    return ra % 360, dec


def _number(text: Any) -> float | None:
    if not isinstance(text, str) or len(text) > _LONGEST or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
