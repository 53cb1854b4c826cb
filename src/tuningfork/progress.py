"""Progress with rate and time left, on standard error; silent when that is not a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "duration", "progress"]

Advance = Callable[[int], None]


def duration(seconds: float) -> str:
    """Seconds in words a person reads at a glance: ``8 s``, ``2 min 05 s``, ``3 h 10 min``."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


@contextmanager
def progress(
    label: str, total: int | None, *, unit: str = "galaxies", quiet: bool = False
) -> Iterator[Advance]:
    """Show one line that counts up while a job runs.

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
    shown = not quiet and stream.isatty()
    began = last = time.monotonic()
    done = 0

    def line(now: float) -> str:
        spent = max(now - began, 1e-6)
        rate = done / spent
        text = f"{label}: {done:,}" + (f" of {total:,}" if total else "") + f" {unit}, {rate:,.0f}/s"
        if total and rate > 0 and done < total:
            text += f", {duration((total - done) / rate)} left"
        return text

    def advance(n: int) -> None:
        nonlocal done, last
        done += n
        now = time.monotonic()
        if shown and now - last > 0.1:
            last = now
            stream.write(f"\r\x1b[2K{line(now)}")
            stream.flush()

    try:
        yield advance
    finally:
        now = time.monotonic()
        if shown and now - began > 0.5:
            stream.write(f"\r\x1b[2K{line(now)} in {duration(now - began)}\n")
        elif shown:
            stream.write("\r\x1b[2K")
        stream.flush()
