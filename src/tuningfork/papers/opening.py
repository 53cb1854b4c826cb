"""How a sweep opens: settings by name, the labelled collection that judges it, and what it will take."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tuningfork.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.features import LabelledSplit

__all__ = ["PARTS", "data_key", "labelled", "only_one", "say_hours", "settings_named"]

PARTS = ("train", "val")
"""What the column of a split says of galaxies to learn from and to judge on."""

T = TypeVar("T")


def settings_named(known: Mapping[str, T], name: str) -> T:
    """The settings of that name; raises `UnknownNameError` with the nearest names."""
    if name not in known:
        raise UnknownNameError("settings", name, known)
    return known[name]


def only_one(sources: Sequence[str]) -> str:
    """The one collection of a table that takes no more; raises `UsageError` for none or several."""
    if len(sources) != 1:
        raise UsageError(f"one labelled collection is wanted, not {len(sources)}")
    return sources[0]


def labelled(
    path: str | Path, label: str, split_column: str | None, *, quiet: bool
) -> tuple["Collection", "LabelledSplit"]:
    """A collection, and its rows to learn from and to judge on, as `split_collection` takes them."""
    from tuningfork.collection import Collection
    from tuningfork.tasks.features import split_collection

    collection = Collection.open(path)
    split = split_collection(
        collection, label_column=label, split_column=split_column, values=PARTS, quiet=quiet
    )
    return collection, split


def data_key(told: str, parts: Sequence[bytes]) -> str:
    """A short hash that names galaxies, labels and parts without doubt: 12 hexadecimal digits.

    Parameters
    ----------
    told : str
        The collection's fingerprint, and whatever else the numbers hang on.
    parts : sequence of bytes
        Rows and labels of each part.
    """
    return hashlib.blake2b(told.encode() + b"".join(parts), digest_size=6).hexdigest()


def say_hours(
    cells: Sequence[dict[str, Any]], cost: Callable[[dict[str, Any]], float], *, quiet: bool
) -> None:
    """One line on standard error before a sweep begins; ``cost`` is a cell's seconds of one core."""
    if not quiet:
        hours = sum(map(cost, cells)) / 3600
        sys.stderr.write(f"{len(cells)} cells, about {hours:.1f} hours of one core\n")
