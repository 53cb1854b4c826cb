"""``tuningfork estimate``: what may be claimed of a session's sample, with intervals."""

from typing import Annotated

import typer

from tuningfork.cli._console import emit, note, printable
from tuningfork.cli._options import CollectionPath, Database, Debug, Json, Quiet, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def estimate(
    path: CollectionPath,
    session: Annotated[str, typer.Option("--session", metavar="NAME", help="Which session.")] = "first",
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
    from tuningfork.labelling import open_session

    opened = open_session(path, session, database=database)
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
