"""Flags of galaxies: written in one commit, replaced by the next check, never a reason to delete."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from tuningfork.collection.engine import one_writer, replace_column
from tuningfork.collection.schema import OURS
from tuningfork.collection.store import Collection

__all__ = ["write_flags"]


def write_flags(collection: Collection, found: Mapping[str, Iterable[str]], judged: Iterable[str]) -> int:
    """Write what was found into the column ``flags``.

    Flags of the kinds that were judged are replaced, so a galaxy that is sound by now leaves the quarantine;
    flags of other kinds stay. One commit: a kill leaves the old flags or the new ones.

    Parameters
    ----------
    found : mapping
        Id -> its flags. Galaxies that came in while one looked keep what they have.
    judged : iterable of str
        Every kind of flag that was looked for.

    Returns
    -------
    int
        Galaxies that are flagged now.
    """
    judged = set(judged)
    with one_writer(collection.path, "checking the collection"):
        latest = Collection.open(collection.path)
        table = latest.catalogue(["id", "flags"] if "flags" in latest.columns else ["id"])
        ids = table["id"].to_pylist()
        before = table["flags"].to_pylist() if "flags" in table.column_names else [None] * len(ids)
        flags = [
            sorted({*(flag for flag in old or () if flag not in judged), *found.get(galaxy, ())})
            for galaxy, old in zip(ids, before, strict=True)
        ]
        column = OURS.field("flags")
        replace_column(collection.path / "galaxies.lance", column, pa.array(flags, column.type))
    return sum(bool(its) for its in flags)
