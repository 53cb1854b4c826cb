"""A table that takes hours, cell by cell: killed at any moment, it goes on with the next cell."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuningfork.errors import DataError, TuningforkError
from tuningfork.files import disk_errors, only_writer
from tuningfork.progress import duration

__all__ = ["Swept", "run_cells"]

Cell = dict[str, Any]


@dataclass(frozen=True)
class Swept:
    """What stands after a sweep.

    Parameters
    ----------
    done : tuple of (dict, dict)
        Settings and result of every finished cell, in the order the cells were given.
    failed : tuple of (dict, str)
        Settings of cells that failed now, and why.
    left : int
        Cells that are neither: the sweep was told to stop before them.
    """

    done: tuple[tuple[Cell, Cell], ...]
    failed: tuple[tuple[Cell, str], ...] = ()
    left: int = 0

    def notes(self) -> list[str]:
        """What a reader of the table must know of cells that are not in it."""
        notes = [f"failed: {_told(cell)}: {why}" for cell, why in self.failed]
        missing = len(self.failed) + self.left
        if missing:
            total = missing + len(self.done)
            notes.append(
                f"{len(self.done)} of {total} cells are finished; the same command goes on with the rest"
            )
        return notes


def run_cells(
    cells: Sequence[Cell],
    one: Callable[[Cell], Cell],
    out: Path,
    *,
    at_most: int | None = None,
    minutes: float | None = None,
    cost: Callable[[Cell], float] = lambda cell: 1.0,
    unsaid: Sequence[str] = ("data",),
    quiet: bool = False,
) -> Swept:
    """Compute every cell once and keep it.

    A finished cell is one line of ``out/cells.jsonl``, on the disk before the next cell begins. Called again,
    cells with the same settings are taken from there, whatever their order; failed ones are tried again.

    Parameters
    ----------
    cells : sequence of dict
        The settings of each cell: flat, of strings, numbers, booleans and None. Whatever the numbers depend
        on belongs into it (the key of an encoder, the fingerprint of a collection), so that results of other
        data are never taken for these.
    one : callable
        Computes a cell: settings in, result out, both flat.
    out : Path
        The sweep's folder; one process at a time works in it.
    at_most, minutes : optional
        Begin no further cell after so many, or so long.
    cost : callable, optional
        What a cell costs in any unit, for the time left.
    unsaid : sequence of str
        Settings that are hashes and keys, and tell a person nothing.
    quiet : bool
        Do not say which cell runs.

    Raises
    ------
    BusyError
        Another process works in ``out``.
    DataError
        ``cells.jsonl`` is damaged elsewhere than in its last line.
    TuningforkError
        Every cell failed; with the reason of the first.
    """
    with only_writer(out, "filling a table"):
        file = out / "cells.jsonl"
        kept = _read(file)
        wanted = {_key(cell): cell for cell in cells}
        todo = [cell for key, cell in wanted.items() if key not in kept]
        told = _Told(len(wanted), todo, cost, None if quiet else unsaid)
        failed, began = [], time.monotonic()
        for number, cell in enumerate(todo):
            late = minutes is not None and time.monotonic() - began >= minutes * 60
            if late or (at_most is not None and number >= at_most):
                break
            told.begin(cell)
            start = time.monotonic()
            why = None
            try:
                kept[_key(cell)] = one(cell)
            except Exception as error:  # one bad cell must not cost the others their hours
                why = _reason(error)
                failed.append((cell, why))
            seconds = time.monotonic() - start
            outcome = {"error": why} if why else {"result": kept[_key(cell)]}
            _append(file, {"cell": cell, **outcome, "seconds": round(seconds, 1)})
            told.end(cell, seconds, why)
    done = tuple((cell, kept[key]) for key, cell in wanted.items() if key in kept)
    if failed and not done:
        raise TuningforkError(f"every cell failed; the first: {failed[0][1]}", where=str(out))
    return Swept(done, tuple(failed), len(wanted) - len(done) - len(failed))


def _key(cell: Cell) -> str:
    return json.dumps(cell, sort_keys=True, allow_nan=False)


def _read(file: Path) -> dict[str, Cell]:
    """Finished cells by their settings. What a kill left of a last line is cut off."""
    if not file.exists():
        return {}
    raw = file.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        with disk_errors(file):
            os.truncate(file, len(whole))
    kept = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = json.loads(line)
            if "result" in entry:
                kept[_key(entry["cell"])] = entry["result"]
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f"line {number} is damaged", where=str(file), remedy="Delete that line; its cell runs again"
            ) from None
    return kept


def _append(file: Path, entry: dict[str, Any]) -> None:
    line = json.dumps(entry, allow_nan=False) + "\n"
    with disk_errors(file), file.open("ab") as out:
        out.write(line.encode())
        out.flush()
        os.fsync(out.fileno())


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, TuningforkError) else f"{type(error).__name__}: {said}"


def _told(cell: Cell) -> str:
    return ", ".join(f"{name} {value}" for name, value in cell.items())


class _Told:
    """One line on standard error a cell: a sweep runs for hours, and its log is read in the morning."""

    def __init__(self, total: int, todo: list[Cell], cost: Callable[[Cell], float], unsaid: Any):
        self.total, self.number, self.cost, self.quiet = total, total - len(todo), cost, unsaid is None
        self.left = sum(map(cost, todo))
        self.spent = self.paid = 0.0
        # what is the same in all cells says nothing about one of them
        varying = {name for cell in todo for name in cell if cell[name] != todo[0].get(name)}
        self.varying = varying - set(unsaid or ())
        if self.number:
            self._say(f"{self.number} of {total} cells are finished already")

    def begin(self, cell: Cell) -> None:
        self.number += 1
        words = _told({name: value for name, value in cell.items() if name in self.varying})
        self._say(f"cell {self.number} of {self.total}: {words or 'the only one'}")

    def end(self, cell: Cell, seconds: float, error: str | None) -> None:
        self.left -= self.cost(cell)
        self.spent += seconds
        self.paid += self.cost(cell)
        ended = f"failed: {error}" if error else f"done in {duration(seconds)}"
        known = self.number < self.total and self.paid and self.spent >= 1  # cells of no time tell nothing
        rest = f"; about {duration(self.spent * self.left / self.paid)} left" if known else ""
        self._say(f"  {ended}{rest}")

    def _say(self, line: str) -> None:
        if not self.quiet:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
