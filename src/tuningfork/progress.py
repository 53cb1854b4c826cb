"""Progress with rate and time left, on standard error: one line that counts up, or without a terminal a line
now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "duration", "progress"]

Advance = Callable[[int], None]

_EVERY = 20.0  # seconds between two lines where there is no terminal to count up on


def duration(seconds: float) -> str:
    """Seconds in words a person reads at a glance: ``8 s``, ``2 min 05 s``, ``3 h 10 min``."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def _rate(rate: float) -> str:
    """So many a second; of what takes longer than a second, a minute or an hour."""
    for each, unit in ((1, "s"), (60, "min"), (3600, "h")):
        if rate * each >= 1 or unit == "h":
            break
    return f"{rate * each:,.0f}/{unit}" if rate * each >= 10 else f"{rate * each:,.2g}/{unit}"


@contextmanager
def progress(
    label: str, total: int | None, *, unit: str = "galaxies", quiet: bool = False
) -> Iterator[Advance]:
    """Show one line that counts up while a job runs; into a pipe or a file a line every 20 seconds.

    Parameters
    ----------
    label : str
        What is being done, as "embedding".
    total : int or None
        How many steps there will be; None when that is not known.
    unit : str
        What one step is.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        ``advance(n)``: n more steps are done. Safe to call from several threads for display purposes.
    """
    stream = sys.stderr
    live = stream.isatty()
    begin, end = ("\r\x1b[2K", "") if live else ("", "\n")
    began = last = time.monotonic()
    done = 0

    def line(now: float, *, ended: bool = False) -> str:
        spent = max(now - began, 1e-6)
        rate = done / spent
        text = f"{label}: {done:,}" + (f" of {total:,}" if total else "") + f" {unit}, {_rate(rate)}"
        if total and rate > 0 and done < total and not ended:
            text += f", {duration((total - done) / rate)} left"
        return text

    def advance(n: int) -> None:
        nonlocal done, last
        done += n
        now = time.monotonic()
        if not quiet and now - last > (0.1 if live else _EVERY):
            last = now
            stream.write(f"{begin}{line(now)}{end}")
            stream.flush()

    try:
        yield advance
    finally:
        now = time.monotonic()
        if not quiet and now - began > (0.5 if live else _EVERY):
            stream.write(f"{begin}{line(now, ended=True)} in {duration(now - began)}\n")
        elif not quiet:
            stream.write(begin)
        stream.flush()
