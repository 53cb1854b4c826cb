"""``tuningfork estimate``: what may be claimed of a session's sample, with intervals."""

from typing import Annotated

import typer

from tuningfork.cli._console import emit, note, printable
from tuningfork.cli._options import CollectionPath, Database, Debug, Json, Quiet, new_app
from tuningfork.cli._sessions import SessionName, opened_session

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def estimate(
    path: CollectionPath,
    session: SessionName = None,
    level: Annotated[float, typer.Option(min=0.51, max=0.999, help="Confidence of the intervals.")] = 0.95,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how complete and pure a sample is.

    From the galaxies that the session's audits drew by rank with known probability, planted known ones and
    second looks.

    Example: tuningfork estimate galaxies --session mergers
    """
    opened = opened_session(path, session, database=database, quiet=quiet, reading=True)
    try:
        told = opened.estimate(level=level)
    finally:
        opened.close()
    if as_json:
        emit(told)
        return
    for line in told["sentences"]:
        typer.echo(printable(line))
    for line in told["notes"]:
        note(line, quiet=quiet)
