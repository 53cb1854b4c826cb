"""Which session a command is about: the named one, the only one, or the newest."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import note
from tuningfork.errors import UsageError

__all__ = ["SessionName", "opened_session"]

SessionName = Annotated[
    str | None,
    typer.Option("--session", metavar="NAME", help="Which session; the only one, or the newest, by default."),
]


def opened_session(
    path: Path,
    name: str | None,
    *,
    database: str | None = None,
    quiet: bool = False,
    reading: bool = False,
) -> Any:
    """Open a session of the collection at ``path``; of several that were not chosen from, the newest.

    ``reading`` when nothing will be answered: that works where nothing may be written, too.

    Raises
    ------
    UsageError
        When the collection has no session.
    UnknownNameError
        When it has none of that name.
    """
    from tuningfork.collection import Collection
    from tuningfork.labelling import open_session

    if name is not None:
        return open_session(path, name, database=database, reading=reading)
    collection = Collection.open(path)
    newest = _newest(collection, quiet)
    return open_session(collection, newest, database=database, reading=reading)


def _newest(collection: Any, quiet: bool) -> str:
    from tuningfork.labelling import list_sessions
    from tuningfork.labelling.settings import session_overview

    names = list_sessions(collection)
    if not names:
        raise UsageError(
            "nobody was asked anything here yet",
            where=str(collection.path),
            remedy=f"Begin a session on the page: tuningfork label {collection.path}",
        )
    told = {name: session_overview(collection, name) for name in names}
    newest = max(names, key=lambda name: (told[name]["created"], told[name]["used"]))
    if len(names) > 1:
        others = ", ".join(name for name in names if name != newest)
        note(f"session: {newest}, the newest; others with --session NAME: {others}", quiet=quiet)
    return newest
