"""``tuningfork team``: who may do what in a session, and whose answers count."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import counted, emit, note, printable, table
from tuningfork.cli._options import CollectionPath, Database, Debug, Json, Quiet, new_app
from tuningfork.cli._sessions import SessionName, opened_session

__all__ = ["app"]

app = new_app("Invite people, give roles, take a person's answers back.")

HERE = "http://127.0.0.1:8642"  # where a page is served unless somebody chose otherwise

By = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Which owner says so; the session's own name by default."),
]
Person = Annotated[str, typer.Argument(metavar="NAME", help="A person of the session.")]


@app.callback()
def _group() -> None:
    """Invite people, give roles, take a person's answers back.

    All of it works beside a page that is being served, too.
    """


@app.command("list", no_args_is_help=True)
def list_(
    path: CollectionPath,
    session: SessionName = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say who is in a session, who was, and whose answers were taken back.

    Example: tuningfork team list galaxies --session mergers
    """
    with _opened(path, session, database, quiet, reading=True) as opened:
        room = opened.team
        members, removed, revoked = room.members.all(), room.members.removed(), room.revoked()
        given = _answers(room)
    if as_json:
        emit({"members": members, "removed": removed, "answers": given, "revoked": revoked})
        return
    rows = [(m.name, m.role, given.get(m.name, 0), m.at[:10], m.by) for m in members]
    rows += [(m.name, "removed", given.get(m.name, 0), m.at[:10], m.by) for m in removed]
    named = {m.name for m in (*members, *removed)}
    rows += [(who, "", count, "", "") for who, count in given.items() if who not in named]
    table(("name", "role", "galaxies answered", "since", "by the word of"), rows)
    for one in revoked:
        reason = f": {one['reason']}" if one["reason"] else ""
        taken = counted(one["answers"], "answer", "answers")
        note(f"taken back by {one['by']}: {taken} of {one['annotator']}{reason}", quiet=quiet)


@app.command(no_args_is_help=True)
def invite(
    path: CollectionPath,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="viewer, annotator, adjudicator or owner.")
    ] = "annotator",
    session: SessionName = None,
    days: Annotated[float, typer.Option(help="How long the link holds.")] = 7.0,
    address: Annotated[
        str, typer.Option("--address", metavar="URL", help="What people open: where the page is served.")
    ] = HERE,
    by: By = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Print a link by which one person joins, under a name of their own.

    Example: tuningfork team invite galaxies annotator --address https://galaxies.example.org:8642
    """
    with _opened(path, session, database, quiet) as opened:
        token = opened.team.members.invite(role, by=by or opened.settings.annotator, days=days)
        name = opened.name
    link = f"{address.rstrip('/')}/join#{name}/{token}"
    if as_json:
        emit({"session": name, "role": role, "days": days, "link": link})
        return
    typer.echo(link)
    note(f"for one person, as {role} of {name}, for {days:g} days; keep it secret", quiet=quiet)
    if address == HERE:
        note("it leads to this machine only, and to that port; for another place: --address URL", quiet=quiet)


@app.command(no_args_is_help=True)
def role(
    path: CollectionPath,
    name: Person,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="viewer, annotator, adjudicator, owner, or removed.")
    ],
    session: SessionName = None,
    by: By = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Give somebody of the session another role, or none any more.

    Example: tuningfork team role galaxies ann adjudicator
    """
    with _opened(path, session, database, quiet) as opened:
        members = opened.team.members
        _known(name, [m.name for m in (*members.all(), *members.removed())])
        members.set_role(name, role, by=by or opened.settings.annotator)
    if as_json:
        emit({"name": name, "role": role})
    else:
        note(printable(f"{name} is {role} now"), quiet=quiet)


@app.command(no_args_is_help=True)
def overlap(
    path: CollectionPath,
    any_: Annotated[int, typer.Argument(metavar="K", min=1, max=100, help="People who answer a galaxy.")],
    finds: Annotated[
        int | None, typer.Option("--finds", metavar="K", min=1, max=100, help="A find; K by default.")
    ] = None,
    audits: Annotated[
        int | None,
        typer.Option("--audits", metavar="K", min=1, max=100, help="One that an audit drew; K by default."),
    ] = None,
    session: SessionName = None,
    by: By = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how many people answer each galaxy. A page that is being served takes it when it is started again.

    Example: tuningfork team overlap galaxies 1 --finds 2 --audits 2
    """
    wanted = {"overlap": any_, "overlap_finds": finds or any_, "overlap_audit": audits or any_}
    with _opened(path, session, database, quiet) as opened:
        opened.team.members.require(by or opened.settings.annotator, "owner")
        opened.set_team(replace(opened.settings.team, **wanted))
    if as_json:
        emit(wanted)
    else:
        each, finds_, audits_ = wanted.values()
        told = f"people who answer: a galaxy {each}, a find {finds_}, one that an audit drew {audits_}"
        note(f"{told}; a page that is running takes it when it is started again", quiet=quiet)


@app.command(no_args_is_help=True)
def revoke(
    path: CollectionPath,
    name: Person,
    session: SessionName = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Kept in the log.")] = "",
    by: By = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Let all answers that a person gave so far count for nothing. Nothing is deleted.

    Example: tuningfork team revoke galaxies mallory --reason "pressed one key"
    """
    with _opened(path, session, database, quiet) as opened:
        room = opened.team
        _known(name, room.people())
        made = room.revoke(name, by=by or opened.settings.annotator, reason=reason)
        taken = next((one["answers"] for one in room.revoked() if one["name"] == made), 0)
        back = shlex.join(["tuningfork", "team", "restore", str(path), name, "--session", opened.name])
    if as_json:
        emit({"name": name, "answers": taken})
    else:
        taken_back = f"{counted(taken, 'answer', 'answers')} of {name} count for nothing now"
        note(f"{taken_back}; bring them back with: {back}", quiet=quiet)


@app.command(no_args_is_help=True)
def restore(
    path: CollectionPath,
    name: Person,
    session: SessionName = None,
    by: By = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Bring back all answers of a person that were taken back.

    Example: tuningfork team restore galaxies mallory
    """
    with _opened(path, session, database, quiet) as opened:
        taken = opened.team.revoked()
        _known(name, [one["annotator"] for one in taken], kind="person whose answers were taken back")
        mine = [one for one in taken if one["annotator"] == name]
        for one in mine:
            opened.team.restore(one["name"], by=by or opened.settings.annotator)
    back = sum(one["answers"] for one in mine)
    if as_json:
        emit({"name": name, "answers": back})
    else:
        note(f"{counted(back, 'answer', 'answers')} of {name} count again", quiet=quiet)


@contextmanager
def _opened(
    path: Path, session: str | None, database: str | None, quiet: bool, *, reading: bool = False
) -> Iterator[Any]:
    opened = opened_session(path, session, database=database, quiet=quiet, reading=reading)
    try:
        yield opened
    finally:
        opened.close()


def _answers(room: Any) -> dict[str, int]:
    """Person -> galaxies of which they have an answer that counts; examples are not answers."""
    given: dict[str, int] = dict.fromkeys(room.people(), 0)
    for votes in room.votes().values():
        for who in votes:
            given[who] += 1
    return given


def _known(name: str, names: list[str], *, kind: str = "person of this session") -> None:
    from tuningfork.errors import UnknownNameError

    if name not in names:
        raise UnknownNameError(kind, name, dict.fromkeys(names))
