"""Run one command: every failure becomes one line on standard error and an exit code."""

import traceback
from collections.abc import Sequence
from contextlib import nullcontext

import typer

from tuningfork.cli._console import note, only_documents
from tuningfork.cli._verbs import command
from tuningfork.errors import TuningforkError
from tuningfork.extras import EXTRAS, install_command
from tuningfork.memory import is_out_of_memory

__all__ = ["run"]

_STOPPED = 130


def run(arguments: Sequence[str]) -> int:
    """Run the words after ``tuningfork``; returns the exit code (0, 1, 2, 3 or 130)."""
    debug = "--debug" in arguments
    documents = only_documents() if "--json" in arguments else nullcontext()
    try:
        with documents:
            code = command().main(list(arguments), prog_name="tuningfork", standalone_mode=False)
    except SystemExit as end:  # of a library
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        note(str(end.code))
        return 1
    except BaseException as error:
        if debug:
            traceback.print_exc()
        said, code = _said(error)
        for line in said.splitlines():
            note(line)
        return code
    if code == _STOPPED:  # Ctrl-C while the command line was read: Typer ends without a word
        note("stopped")
    return code if isinstance(code, int) else 0


def _said(error: BaseException) -> tuple[str, int]:
    """What to say about an error, one line but for the help, and the exit code."""
    if isinstance(error, TuningforkError):
        return str(error), error.exit_code
    if isinstance(error, typer.TyperException):
        return _usage_line(error), error.exit_code
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return "stopped", _STOPPED
    return _foreign_line(error), 1


def _foreign_line(error: BaseException) -> str:
    """What to say about an error that is not one of ours."""
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return f"{error.name} is not installed. Run: {install_command(EXTRAS[error.name])}"
    if is_out_of_memory(error):
        return "out of memory. Try a smaller batch (--batch or --batch-size), or close other programs"
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    said = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {said}. Run it again with --debug and report what it shows"


def _usage_line(error: typer.TyperException) -> str:
    """A usage error on one line, with the help that explains it; the help where a command stood alone."""
    context = getattr(error, "ctx", None)
    if context and error.format_message() == context.get_help():  # nothing was asked of the command
        return context.get_help()
    said = " ".join(error.format_message().split()).rstrip(".")
    return (
        f"{said}{'' if said.endswith('?') else '.'} See: {context.command_path} --help" if context else said
    )
