"""Galaxies that meet a condition on catalogue columns, as in the WHERE clause of SQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tuningfork.collection.rows import RowNumbers
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError

__all__ = ["rows_where"]

LONGEST = 10_000  # characters; a list of a few hundred ids fits
_TEXT = re.compile(r"'(?:[^']|'')*'")  # a text of SQL, in which anything may stand
_HINT = (
    "Write it like: redshift < 0.1 AND label != 'star' (texts in single quotes, columns such as `My Col` in "
    "backticks)"
)


def rows_where(collection: Any, where: str) -> np.ndarray:
    """Rows of the galaxies for which an expression is true.

    Parameters
    ----------
    collection : Collection
    where : str
        An expression on columns in the SQL of DataFusion, which Lance parses and runs: comparisons,
        ``AND``, ``OR``, ``NOT``, ``IN``, ``BETWEEN``, ``LIKE``, ``IS NULL``, arithmetic and functions of
        values. There is no way in it to read anything else or to write. An unknown value (null) meets no
        comparison.

    Returns
    -------
    ndarray
        int64, rising.

    Raises
    ------
    UnknownNameError
        For a column that is not there, with the nearest ones.
    UsageError
        For an expression that is not understood, or does not fit the types of its columns.
    """
    _refuse_traps(collection, where)
    dataset = collection._dataset
    with _explained(collection, where):
        found = dataset.to_table(columns=[], filter=where, with_row_address=True)
    return np.sort(RowNumbers(dataset).of(found["_rowaddr"].to_numpy()))


def _refuse_traps(collection: Any, where: str) -> None:
    """What the parser would take for something else without a word."""
    if len(where) > LONGEST:
        raise UsageError(f"a filter has {LONGEST:,} characters at most, not {len(where):,}")
    bare = _TEXT.sub("''", where)
    if ";" in bare:  # it would stop reading there
        raise UsageError("a filter is one expression, without ';'", where=where[:80])
    if re.search(r"[?$]", re.sub(r"`[^`]*`", "", bare)):  # the parser would panic, with a trace of its own
        raise UsageError("a filter has no parameters: write the value itself", where=where[:80], remedy=_HINT)
    named = set(re.findall(r'"([^"]*)"', bare)) & set(collection.columns)
    if named:  # it would compare the text itself
        name = min(named)
        raise UsageError(
            f'"{name}" in double quotes is a text, not the column', remedy=f"Write `{name}` in backticks"
        )


@contextmanager
def _explained(collection: Any, where: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, RuntimeError, OSError) as error:  # pyarrow's errors are among them
        said = str(error)
        missing = re.search(r'No field named "?([^\s".]+(?:\.[^\s".]+)*)', said)
        if missing:
            known = [name for name in collection.columns if name != "stamp"]
            unknown = UnknownNameError("column", missing[1], known, where=where[:80])
            unknown.remedy = f"{unknown.remedy} A text stands in single quotes: '{missing[1]}'"
            raise unknown from error
        if isinstance(error, OSError):
            raise TuningforkError(f"the catalogue cannot be read ({_short(said)})") from error
        raise UsageError(
            f"this filter is not understood ({_short(said)})", where=where[:80], remedy=_HINT
        ) from error


def _short(said: str) -> str:
    """The parser's own words without its places in its own code."""
    line = " ".join(said.split())
    line = re.sub(r", /\S+\.rs:\d+:\d+", "", line)
    line = re.sub(r"^.*Error applying filter expression to batch: ", "", line)
    line = re.sub(r"^(Invalid user input|External error|LanceError\(\w+\)): ", "", line)
    return re.sub(r"SELECT 1 FROM t WHERE ", "", line)[:160]
