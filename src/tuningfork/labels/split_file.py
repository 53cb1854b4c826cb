"""A split at rest: a small file of ids with hashes, that fits one collection and no other."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import CollectionError, DataError
from tuningfork.files import write_atomically

__all__ = ["SplitFile", "hash_of", "read_split"]

_HEAD = "# tuningfork split "
_FORMAT = 1
_LARGEST = 2 * 2**30  # bytes


@dataclass(frozen=True)
class SplitFile:
    """Which galaxy stands in which part.

    Parameters
    ----------
    ids : tuple of str
    parts : tuple of str
        The part of each; folds are "0", "1", ...
    stamps : str
        Hash of the galaxies' stamps, "" where it was not taken.
    facts : mapping
        What made it: label column, seed, shares, groups.
    """

    ids: tuple[str, ...]
    parts: tuple[str, ...]
    stamps: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.parts) or len(set(self.ids)) != len(self.ids):
            raise DataError("a split names each galaxy once, with one part")

    @property
    def hash(self) -> str:
        """Sixteen hex digits of ids and parts: the name of this split in a run's folder."""
        return hash_of(f"{galaxy}\t{part}" for galaxy, part in zip(self.ids, self.parts, strict=True))

    @property
    def counts(self) -> dict[str, int]:
        """Part -> galaxies."""
        names, counts = np.unique(np.array(self.parts, object).astype(str), return_counts=True)
        return dict(zip(names.tolist(), counts.tolist(), strict=True))

    @property
    def in_folds(self) -> bool:
        """Whether its parts are folds."""
        return all(name.isdigit() for name in self.counts)

    def parts_of(
        self, ids: Sequence[str] | np.ndarray, stamps: Sequence[str | None] | None = None, *, where: str = ""
    ) -> np.ndarray:
        """The part of each galaxy of a collection.

        Parameters
        ----------
        ids : sequence of str
            All n ids of the collection. It may have more galaxies than the split: these are in no part.
        stamps : sequence of str, optional
            The digest of each one's stamp, the column ``digest``; ids such as 1, 2, 3 stand in many
            collections, stamps in one.
        where : str
            The collection, for messages.

        Returns
        -------
        ndarray
            (n,) object array of text, "" where a galaxy is in no part.

        Raises
        ------
        CollectionError
            The split is of another collection.
        """
        place = {str(galaxy): row for row, galaxy in enumerate(ids)}
        missing = [galaxy for galaxy in self.ids if galaxy not in place]
        remedy = "Make one for this collection: tuningfork labels split"
        if missing:
            raise CollectionError(
                f"the split is of another collection: {len(missing):,} of its {len(self.ids):,} galaxies "
                f"are not here, first {missing[0]}",
                where=where,
                remedy=remedy,
            )
        rows = np.array([place[galaxy] for galaxy in self.ids], np.int64)
        if self.stamps and stamps is not None and self.stamps != hash_of(stamps[row] or "" for row in rows):
            raise CollectionError(
                "the split is of another collection: the ids are here, with other images",
                where=where,
                remedy=remedy,
            )
        found = np.full(len(place), "", dtype=object)
        found[rows] = self.parts
        return found

    def write(self, path: Path | str) -> None:
        """Write it as text: one line of facts, then ``id,part``."""
        head = {"format": _FORMAT, "hash": self.hash, "stamps": self.stamps, "facts": dict(self.facts)}
        text = io.StringIO()
        text.write(_HEAD + json.dumps(head, ensure_ascii=False) + "\n")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("id", "part"))
        writer.writerows(zip(self.ids, self.parts, strict=True))
        write_atomically(Path(path), text.getvalue())


def read_split(path: Path | str) -> SplitFile:
    """Read a split.

    Raises
    ------
    DataError
        It is no split, of a newer version, or was changed since it was written.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such split", where=str(path), remedy="Make one: tuningfork labels split")
    if path.stat().st_size > _LARGEST:
        raise DataError("a split has at most 2 GiB", where=str(path))
    try:
        text = path.read_text(encoding="utf-8")
        first, _, rest = text.partition("\n")
        head = json.loads(first.removeprefix(_HEAD)) if first.startswith(_HEAD) else None
        rows = list(csv.reader(io.StringIO(rest), strict=True))
    except (UnicodeDecodeError, ValueError, csv.Error, RecursionError) as error:
        raise DataError("not a readable split", where=str(path)) from error
    if not isinstance(head, dict) or not rows or rows[0] != ["id", "part"] or any(len(r) != 2 for r in rows):
        raise DataError("not a split of tuningfork", where=str(path))
    if head.get("format") != _FORMAT:
        raise DataError(
            f"a split of format {head.get('format')}, not {_FORMAT}",
            where=str(path),
            remedy="Update tuningfork",
        )
    facts = head.get("facts")
    ids, parts = zip(*rows[1:], strict=True) if len(rows) > 1 else ((), ())
    split = SplitFile(ids, parts, str(head.get("stamps", "")), facts if isinstance(facts, dict) else {})
    if split.hash != head.get("hash"):
        raise DataError("the split was changed since it was made", where=str(path), remedy="Make it again")
    return split


def hash_of(texts: Any) -> str:
    """Sixteen hex digits of a sequence of texts."""
    digest = hashlib.blake2b(digest_size=8)
    for text in texts:
        digest.update(str(text).encode() + b"\0")
    return digest.hexdigest()
