"""``tuningfork estimate``: what may be claimed of a session's sample, with intervals."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, note, printable
from tuningfork.cli._options import CollectionPath, Database, Debug, Json, Quiet, new_app
from tuningfork.cli._sessions import SessionName, opened_session
from tuningfork.errors import UsageError

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def estimate(
    path: CollectionPath,
    session: SessionName = None,
    level: Annotated[float, typer.Option(min=0.51, max=0.999, help="Confidence of the intervals.")] = 0.95,
    close: Annotated[
        bool,
        typer.Option("--close", help="Draw a closing audit: random looks that show whether enough is found."),
    ] = False,
    call_off: Annotated[
        bool, typer.Option("--call-off", help="End the closing audit that runs, without a verdict.")
    ] = False,
    completeness: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.99, help="What --close is to show.", show_default="0.9"),
    ] = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how complete and pure a sample is.

    From the galaxies that the session's audits drew by rank with known probability, planted known ones and
    second looks. With --close the next galaxies to answer are random ones, as many as it takes to know.

    Example: tuningfork estimate galaxies --session mergers
    """
    if completeness is not None and not close:
        raise UsageError("--completeness says what a closing audit is to show", remedy="Add --close")
    if close and call_off:
        raise UsageError("--close begins what --call-off ends", remedy="Give one of them")
    opened = opened_session(path, session, database=database, quiet=quiet, reading=not (close or call_off))
    try:
        if call_off:
            _call_off(opened, quiet=quiet)
        if close:
            _close(opened, path, completeness, quiet=quiet)
        told = opened.estimate(level=level)
    finally:
        opened.close()
    if as_json:
        emit(told)
        return
    from tuningfork.labelling.estimates.closing_words import closing_line, closing_verdict

    for line in told["sentences"]:
        typer.echo(printable(line))
    shown = told["shown"] is not None and told["closing"] == told["shown"]  # is among the sentences
    for line in filter(None, (None if shown else closing_verdict(told), closing_line(told))):
        typer.echo(printable(line))
    if told["offer"] is not None and told["offer"]["looks"] is not None:
        command = shlex.join(["tuningfork", "estimate", str(path), "--session", told["session"], "--close"])
        note(f"begin it (about {told['offer']['answers']:,} answers): {command}", quiet=quiet)
    for line in told["notes"]:
        note(line, quiet=quiet)


def _call_off(opened: Any, *, quiet: bool) -> None:
    called = opened.call_off_closing()
    if called is None:
        note("no closing audit runs", quiet=quiet)
    else:
        line = f"closing audit {called.number} is called off; its answers stay, and the hunt goes on"
        note(line, quiet=quiet)


def _close(opened: Any, path: Path, completeness: float | None, *, quiet: bool) -> None:
    from tuningfork.labelling.estimates.closing_words import random_looks

    drawn = opened.begin_closing(0.9 if completeness is None else completeness)
    note(
        f"closing audit {drawn.number}: {random_looks(drawn.looks)} inside the top {drawn.inside:,} "
        f"will show whether {100 * drawn.completeness:.4g} % are found; answer on: "
        f"tuningfork label {shlex.quote(str(path))} --session {opened.name}",
        quiet=quiet,
    )
    if completeness is not None and completeness != drawn.completeness:
        note("it was running already; another can be drawn when it is over", quiet=quiet)
