"""A table made again: its rows, and the files that show them."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.files import write_atomically

if TYPE_CHECKING:
    from tuningfork.evaluation.intervals import Interval

__all__ = ["COLUMNS", "Report", "row"]

COLUMNS = ("name", "paper", "ours", "low", "high", "majority")  # of every table, in this order


def row(
    name: str,
    ours: "Interval",
    *,
    paper: float | None = None,
    majority: float | None = None,
    **further: str | float | None,
) -> dict[str, Any]:
    """One line of a table.

    Parameters
    ----------
    name : str
        What was measured, of whom.
    ours : Interval
        Our number with its 95 % interval.
    paper : float, optional
        The number that the paper prints, in the same unit; None where it prints none.
    majority : float, optional
        What answering without looking scores.
    **further
        Further columns, which come after these.
    """
    shown = (name, paper, ours.value, ours.low, ours.high, majority)
    return {**dict(zip(COLUMNS, shown, strict=True)), **further}


@dataclass(frozen=True)
class Report:
    """Rows, what the reader must know, and pictures (file name -> SVG)."""

    title: str
    rows: Sequence[dict[str, Any]]
    notes: Sequence[str] = ()
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Every column that any row has, those of all tables first."""
        return list(dict.fromkeys([*COLUMNS, *(name for line in self.rows for name in line)]))

    def shown(self) -> list[list[Any]]:
        """The rows as a person reads them: an empty cell where nothing is known."""
        return [[_plain(line.get(name)) for name in self.columns] for line in self.rows]

    def short(self) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows for a terminal: without what no row has, and what the name says already."""
        paper = [
            name for name in ("paper", "majority") if any(line.get(name) is not None for line in self.rows)
        ]
        numbers = [
            name
            for name in self.columns[len(COLUMNS) :]
            if not name.endswith(("_low", "_high"))
            and all(isinstance(line.get(name), int | float | None) for line in self.rows)
        ]
        apart = self._apart()
        rows = [
            [
                line["name"],
                *(_plain(line.get(name)) for name in apart),
                _plain(line["ours"]),
                _between(line),
                *(_plain(line.get(name)) for name in (*paper, *numbers)),
            ]
            for line in self.rows
        ]
        return ["name", *apart, "ours", "95 %", *paper, *numbers], rows

    def _apart(self) -> list[str]:
        """Columns of text that tell rows of one name from each other."""
        first = {line["name"]: line for line in reversed(self.rows)}
        return [
            name
            for name in self.columns[len(COLUMNS) :]
            if any(
                isinstance(line.get(name), str) and line[name] != first[line["name"]].get(name)
                for line in self.rows
            )
        ]

    def save(self, out: Path) -> None:
        """Write ``table.csv``, ``table.md`` and the pictures."""
        out.mkdir(parents=True, exist_ok=True)
        sheet = io.StringIO()
        writer = csv.writer(sheet, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.shown())
        write_atomically(out / "table.csv", sheet.getvalue())
        write_atomically(out / "table.md", self.markdown())
        for name, svg in self.pictures.items():
            write_atomically(out / name, svg)

    def markdown(self) -> str:
        """The table, and below it what the reader must know."""
        lines = [f"# {_quoted(self.title)}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line([_rounded(cell) for cell in cells]) for cells in self.shown()]
        lines += ["", *(f"- {_quoted(note)}" for note in self.notes)] if self.notes else []
        return "\n".join(lines) + "\n"


def _between(line: dict[str, Any]) -> str:
    low, high = _plain(line["low"]), _plain(line["high"])
    return "" if low is None or high is None else f"{low:.3g} to {high:.3g}"


def _plain(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _rounded(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(_quoted(cell).replace("|", "\\|") for cell in cells) + " |"


def _quoted(cell: Any) -> str:
    """Names of classes and columns come from outside: as text of one line, never as HTML."""
    return escape(" ".join(str(cell).split()), quote=False)
