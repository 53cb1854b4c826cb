"""Flags of galaxies: written in one commit, replaced by the next check, never a reason to delete."""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa

from tuningfork.collection.engine import one_writer, replace_column
from tuningfork.collection.schema import OURS
from tuningfork.collection.store import Collection

__all__ = ["release", "write_flags"]


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

    def now(galaxy: str, old: Iterable[str]) -> set[str]:
        return {flag for flag in old if flag not in judged} | set(found.get(galaxy, ()))

    return _rewrite(collection, now)


def release(collection: Collection, ids: Iterable[str] = (), kinds: Iterable[str] = ()) -> int:
    """Take flags away, in one commit; the next check that finds the fault writes it again.

    Parameters
    ----------
    ids : iterable of str
        Only of these galaxies; of all without it.
    kinds : iterable of str
        Only these flags; all without it.

    Returns
    -------
    int
        Galaxies that are flagged now.

    Raises
    ------
    TuningforkError
        For an id that is not there.
    """
    ids, kinds = set(ids), set(kinds)
    collection.rows_of(ids)  # refuses those that are not there

    def now(galaxy: str, old: Iterable[str]) -> set[str]:
        chosen = not ids or galaxy in ids
        return {flag for flag in old if not chosen or (kinds and flag not in kinds)}

    return _rewrite(collection, now)


def _rewrite(collection: Collection, now: Callable[[str, Iterable[str]], set[str]]) -> int:
    with one_writer(collection.path, "changing flags"):
        latest = Collection.open(collection.path)
        table = latest.catalogue(["id", "flags"] if "flags" in latest.columns else ["id"])
        ids = table["id"].to_pylist()
        before = table["flags"].to_pylist() if "flags" in table.column_names else [None] * len(ids)
        flags = [sorted(now(galaxy, old or ())) for galaxy, old in zip(ids, before, strict=True)]
        column = OURS.field("flags")
        replace_column(collection.path / "galaxies.lance", column, pa.array(flags, column.type))
    return sum(bool(its) for its in flags)
