"""The exception tree: every failure a user can meet, as one line of what, where and what to do.

::

    TuningforkError          exit code 1: something failed
      UsageError             exit code 2: the call was wrong
        UnknownNameError     a name that is not known; says the nearest known ones
      DataError              exit code 3: the data are bad
        ImageError           one picture cannot be read
        CatalogueError       a table, or one row of it, cannot be used
        CollectionError      a collection is missing, damaged or of another version
        EmbeddingError       vectors are missing, or belong to another encoder
        WeightsError         a weights file cannot be trusted or does not fit
      BusyError              another process holds what is needed

Raise the most precise one. ``where`` names a file, row or id; ``remedy`` is a command or an act.
Built-in ``ValueError`` and ``TypeError`` stay for wrong arguments of Python callers.
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "BusyError",
    "CatalogueError",
    "CollectionError",
    "DataError",
    "EmbeddingError",
    "ImageError",
    "TuningforkError",
    "UnknownNameError",
    "UsageError",
    "WeightsError",
]


class TuningforkError(Exception):
    """A failure with its place and its mend.

    Parameters
    ----------
    what : str
        What is wrong, a clause without a full stop.
    where : str, optional
        File, row or id.
    remedy : str, optional
        What to do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None):
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        mend = f". {remedy}" if remedy else ""
        super().__init__(" ".join(f"{place}{what}{mend}".split()))


class UsageError(TuningforkError):
    """The call was wrong."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that is not known, with the nearest known ones.

    Parameters
    ----------
    kind : str
        What the name should be a name of, as "encoder" or "column".
    name : str
        The name that was given.
    known : iterable of str
        All names that would have worked.

    Attributes
    ----------
    near : list of str
        Those of them that are spelled most like it, the likest first; at most three.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str | None = None):
        self.kind, self.name = kind, name
        self.known = sorted(str(k) for k in known)
        self.near = get_close_matches(name, self.known, n=3, cutoff=0.5)
        if self.near:
            remedy = f"Did you mean {' or '.join(self.near)}?"
        elif self.known:
            shown = ", ".join(self.known[:8])
            remedy = f"Known: {shown}{', ...' if len(self.known) > 8 else ''}"
        else:
            remedy = f"There is no {kind} yet"
        super().__init__(f"unknown {kind} '{name}'", where=where, remedy=remedy)


class DataError(TuningforkError):
    """The data are bad."""

    exit_code = 3


class ImageError(DataError):
    """One picture cannot be read."""


class CatalogueError(DataError):
    """A table, or one row of it, cannot be used."""


class CollectionError(DataError):
    """A collection is missing, damaged or of another version."""


class EmbeddingError(DataError):
    """Vectors are missing, or belong to another encoder."""


class WeightsError(DataError):
    """A weights file cannot be trusted or does not fit."""


class BusyError(TuningforkError):
    """Another process holds what is needed."""
