"""What the data doctor found."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CheckReport", "Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one galaxy.

    Attributes
    ----------
    row : int
        Of the collection that was checked.
    id, kind, detail : str
        The galaxy, a name of `KINDS`, and one line.
    strength : float
        1 at the limit; the worst come first in a report.
    other : (int, int) or None
        The galaxy it is compared with: 0 for the same collection or the number of the one given with
        ``against``, and its row there.
    other_id, other_in : str
        That galaxy's id, and the name of its collection ("" for the same one).
    """

    row: int
    id: str
    kind: str
    detail: str
    strength: float = 1.0
    other: tuple[int, int] | None = None
    other_id: str = ""
    other_in: str = ""

    @property
    def other_name(self) -> str:
        """The galaxy beside it, in words; "" for a fault that needs no other."""
        return f"{self.other_id} in {self.other_in}" if self.other_in else self.other_id


@dataclass(frozen=True)
class CheckReport:
    """What `check_collection` found.

    Attributes
    ----------
    galaxies : int
        How many were looked at.
    flags : dict
        Kind -> number of galaxies that have it.
    findings : list of Finding
        By row, then kind; a galaxy that stands again here and elsewhere has two of a kind.
    notes : list of str
        What could not be looked at, and why.
    """

    galaxies: int
    flags: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def found(self) -> list[tuple[str, str, str]]:
        """``(id, kind, detail)`` of every finding."""
        return [(f.id, f.kind, f.detail) for f in self.findings]

    def to_records(self) -> list[dict[str, Any]]:
        """Plain values, as ``--json`` prints them."""
        return [
            {"id": f.id, "flag": f.kind, "detail": f.detail, "strength": round(f.strength, 3)}
            | ({"other": f.other_id, "other_in": f.other_in or None} if f.other else {})
            for f in self.findings
        ]
