"""The command line: one file per verb, imported when its verb is called."""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``tuningfork``; those of the process by default.

    Returns
    -------
    int
        0 done, 1 failed, 2 wrong usage, 3 bad data, 130 interrupted.
    """
    try:
        from tuningfork.cli._run import run

        return run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:  # before, or after, `run` could say more
        sys.stderr.write("stopped\n")
        return 130
