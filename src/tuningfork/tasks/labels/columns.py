"""Class columns of a collection from what its catalogue holds: votes, gz2_class strings, stages."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.collection import Collection, join_catalogue, write_table
from tuningfork.errors import CatalogueError, DataError, UsageError
from tuningfork.labels.coded import Coded
from tuningfork.labels.schemes import Scheme, read_scheme

__all__ = ["LabelColumns", "arrays_of", "class_columns", "store_columns"]


@dataclass(frozen=True)
class LabelColumns:
    """New columns for all galaxies of a collection.

    Parameters
    ----------
    collection : Collection
    columns : dict
        Column -> classes.
    notes : tuple of str
        Why galaxies have no class.
    """

    collection: Collection
    columns: dict[str, Coded]
    notes: tuple[str, ...]

    def table(self) -> pa.Table:
        """``id`` and the columns, null where a galaxy has no class."""
        ids = pa.array(self.collection.ids().tolist(), pa.string())
        return pa.table(
            {"id": ids, **{name: pa.array(c.texts, pa.string()) for name, c in self.columns.items()}}
        )


def class_columns(
    collection: Collection,
    scheme: str,
    *,
    name: str | None = None,
    votes: str | None = None,
    unasked: str = "missing",
    column: str | None = None,
    bar_column: str | None = None,
    fewest: int = 0,
) -> LabelColumns:
    """Make classes of a collection's catalogue; nothing is stored.

    Parameters
    ----------
    collection : Collection
    scheme : str
        A name of `tuningfork.labels.shipped_schemes`, a tree, or a file of either; with ``:QUESTION`` behind
        it where it has several questions.
    name : str, optional
        What to call the column, or the beginning of all columns.
    votes : str, optional
        One of `tuningfork.labels.votes.KINDS`; the first that is most complete by default.
    unasked : str
        One of `tuningfork.labels.binary.UNASKED`.
    column, bar_column : str, optional
        Where gz2_class, or the stage and the bar, are, instead of what the scheme says.
    fewest : int
        Classes of fewer galaxies are left out.

    Raises
    ------
    UnknownNameError
        For a scheme, question or column that is not there.
    DataError
        The votes cannot be; or no galaxy has a class.
    """
    read, part = _scheme(scheme)
    read = _with_columns(read, column, bar_column)
    wanted = read.wanted(collection.columns, votes)
    found = read.code(
        arrays_of(collection, wanted),
        part=part,
        votes=votes,
        unasked=unasked,
        where=collection.name,
        ids=collection.ids(),
    )
    stem = name or "_".join(filter(None, (read.name, part))).replace("-", "_")
    named = {stem if len(found) == 1 else f"{stem}_{key}": c for key, c in found.items()}
    kept = {key: c.at_least(fewest) if fewest else c for key, c in named.items()}
    if not any(sum(c.counts.values()) for c in kept.values()):
        raise DataError("no galaxy has a class of this scheme", where=f"{collection.name}, {scheme}")
    notes = dict.fromkeys(line for c in kept.values() for line in c.notes)
    return LabelColumns(collection, kept, tuple(notes))


def store_columns(labels: LabelColumns, out: Path | None = None) -> None:
    """Put the columns into the collection, or into a table of their own.

    Raises
    ------
    CatalogueError
        The collection has a column of this name already.
    """
    if out is not None:
        write_table(labels.table(), out)
        return
    taken = [name for name in labels.columns if name in labels.collection.columns]
    if taken:
        raise CatalogueError(
            f"the collection has a column '{taken[0]}' already",
            where=labels.collection.name,
            remedy="Call the new one something else with --name",
        )
    join_catalogue(labels.collection, labels.table(), id_column="id")


def arrays_of(collection: Collection, columns: list[str]) -> dict[str, np.ndarray]:
    """Some columns of all galaxies as arrays: numbers with NaN for null, anything else as it is."""
    table = collection.catalogue(columns)
    found = {}
    for name in columns:
        kind = table.schema.field(name).type
        values = table[name]
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            found[name] = values.cast(pa.float64()).to_numpy()
        else:
            found[name] = np.array(values.to_pylist(), dtype=object)
    return found


def _scheme(text: str) -> tuple[Scheme, str]:
    name, colon, part = text.rpartition(":")
    if not colon or Path(text).is_file():
        name, part = text, ""
    scheme = read_scheme(name)
    if part and not scheme.parts:
        raise UsageError(f"'{name}' has no questions to choose from", remedy=f"Give --scheme {name}")
    return scheme, part


def _with_columns(scheme: Scheme, column: str | None, bar_column: str | None) -> Scheme:
    if column is None and bar_column is None:
        return scheme
    if not scheme.columns or (bar_column is not None and len(scheme.columns) < 2):
        raise UsageError(
            f"'{scheme.name}' reads no such column", where="--column" if column else "--bar-column"
        )
    given = (column, bar_column)
    return replace(scheme, columns=tuple(g or own for g, own in zip(given, scheme.columns, strict=False)))
