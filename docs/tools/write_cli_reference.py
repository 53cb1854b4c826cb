"""Write docs/cli.md from the real --help of every command; with --check only say whether it is stale.

python docs/tools/write_cli_reference.py [--check]
"""

import os
import subprocess
import sys
from pathlib import Path

from tuningfork.cli._verbs import commands

__all__ = ["reference"]

PAGE = Path(__file__).resolve().parents[1] / "cli.md"
WIDTH = "96"

HEAD = """# Command line

<!-- Written by docs/tools/write_cli_reference.py; do not edit by hand. -->

Every command has `--help` with an example. `--json` prints one document on standard output, everything
else goes to standard error; exit codes are 0 done, 1 failed, 2 wrong usage, 3 bad data, 130 interrupted.
An error is one line; `--debug` shows the traceback.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, _section([])]
    parts += [_section(words) for words in commands()]
    return "\n".join(parts)


def _section(words: list[str]) -> str:
    title = " ".join(["tuningfork", *words])
    return f"## `{title}`\n\n```text\n{_help(words)}\n```\n"


def _help(words: list[str]) -> str:
    plain = {
        "COLUMNS": WIDTH,
        "TERMINAL_WIDTH": WIDTH,
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONIOENCODING": "utf-8",
    }
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tuningfork", *words, "--help"],
        env={**os.environ, **plain},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return "\n".join(line.rstrip() for line in ran.stdout.strip().splitlines())


def main() -> int:
    """Write the page, or compare it."""
    fresh = reference()
    if "--check" in sys.argv:
        if PAGE.read_text(encoding="utf-8") == fresh:
            return 0
        sys.stderr.write("docs/cli.md is stale. Run: python docs/tools/write_cli_reference.py\n")
        return 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
