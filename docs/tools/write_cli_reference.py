"""Write docs/cli.md from the real --help of every command; with --check only say whether it is stale.

python docs/tools/write_cli_reference.py [--check]
"""

import sys
from pathlib import Path

import typer

from tuningfork.cli._verbs import command, commands

__all__ = ["reference"]

PAGE = Path(__file__).resolve().parents[1] / "cli.md"

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
    return f"## `{title}`\n\n```text\n{_help(title, words)}\n```\n"


def _help(title: str, words: list[str]) -> str:
    """What ``tuningfork WORDS --help`` prints in a terminal of 80 columns or more."""
    found = command()
    for word in words:
        found = found.get_command(None, word)
    context = typer.Context(found, info_name=title, terminal_width=78, help_option_names=["-h", "--help"])
    return found.get_help(context).rstrip()


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
