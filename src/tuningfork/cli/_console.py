"""What commands print: documents and tables on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, is_dataclass
from math import isfinite
from typing import Any, TextIO

from tuningfork.errors import TuningforkError

__all__ = [
    "StoppedError",
    "counted",
    "emit",
    "galaxies",
    "keeps",
    "note",
    "only_documents",
    "printable",
    "table",
]

_documents: TextIO | None = None


class StoppedError(TuningforkError):
    """The person pressed Ctrl-C; ``kept`` says what is safe and how to go on."""

    exit_code = 130

    def __init__(self, kept: str):
        super().__init__("stopped", remedy=kept)


def galaxies(count: int) -> str:
    """``1 galaxy``, ``1,343 galaxies``."""
    return counted(count, "galaxy", "galaxies")


def counted(count: int, one: str, many: str) -> str:
    """``1 column``, ``1,343 columns``."""
    return f"{count:,} {one if count == 1 else many}"


@contextmanager
def keeps(kept: str) -> Iterator[None]:
    """Turn Ctrl-C inside into `StoppedError` with that line."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(kept) from None


@contextmanager
def only_documents() -> Iterator[None]:
    """Let nothing but `emit` reach standard output: what a library prints goes to standard error."""
    global _documents  # noqa: PLW0603 - one process, one standard output
    _documents = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _documents = None


def emit(document: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(_plain(document), ensure_ascii=False), file=_documents or sys.stdout, flush=True)


def note(line: str, *, quiet: bool = False) -> None:
    """Print one line on standard error."""
    if not quiet:
        sys.stderr.write(printable(line) + "\n")
        sys.stderr.flush()


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """Print a table on standard output; numbers to the right, nothing read as markup."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [list(row) for row in rows]
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    sheet = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        sheet.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        sheet.add_row(*(Text(printable(_shown(cell))) for cell in row))
    console.print(sheet)


def printable(text: str) -> str:
    """Text without control characters: names from outside must not drive the terminal."""
    return "".join(c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in text)


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return str(cell)


def _plain(value: Any) -> Any:
    """Paths, dataclasses and NumPy values as JSON knows them; NaN, which it does not know, becomes null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
