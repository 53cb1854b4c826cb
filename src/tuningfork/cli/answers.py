"""``tuningfork answers``: everything that people said in a session, out and in, and how far they agree."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import counted, emit, note, table
from tuningfork.cli._options import CollectionPath, Database, Debug, Json, Quiet, new_app
from tuningfork.cli._sessions import SessionName, opened_session

__all__ = ["app"]

app = new_app("Take answers out and in, and see how far people agree.")


@app.command(no_args_is_help=True)
def export(
    path: CollectionPath,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="csv, tsv, parquet, fits, vot or ecsv; html for a page."),
    ],
    session: SessionName = None,
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="sample (each galaxy's answer, score and catalogue, as the page exports it), "
            "events (all that happened), consensus, votes (how many said what of each question), "
            "offers (what was put before whom), zooniverse, or html: the session as one page for a paper's "
            "supplement.",
        ),
    ] = "sample",
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the sample, events, consensus, what was shown, Zooniverse's shape, or one HTML page.

    Example: tuningfork answers export galaxies --session mergers --out mergers.csv
    """
    from tuningfork.labelling.people.tables import export_answers

    opened = opened_session(path, session, database=database, quiet=quiet, reading=True)
    try:
        rows = export_answers(opened, out, kind=kind)
    finally:
        opened.close()
    if as_json:
        emit({"file": out, "kind": kind, "rows": rows})
    else:
        note(f"{counted(rows, 'row', 'rows')} written to {out}", quiet=quiet)


@app.command("import", no_args_is_help=True)
def import_(
    path: CollectionPath,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A classification export of Zooniverse.")],
    session: SessionName = None,
    task: Annotated[str, typer.Option(metavar="TASK", help="Whose value answers the question.")] = "T0",
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE=ANSWER", help="What a value means; may be given again."),
    ] = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take the classifications of a Zooniverse export into a session; a second time adds nothing.

    Example: tuningfork answers import galaxies export.csv --session mergers --answer "Merging=yes"
    """
    from tuningfork.labelling.people.zooniverse import import_classifications

    pairs = _pairs(answer)
    opened = opened_session(path, session, database=database, quiet=quiet)
    try:
        told = import_classifications(opened, file, task=task, answers=pairs)
    finally:
        opened.close()
    if as_json:
        emit(told)
        return
    note(f"{told.answers:,} answers taken in, {told.known:,} were there already", quiet=quiet)
    for reason, count in told.left_out.most_common():
        note(f"{count:,} left out: {reason}, first {told.first[reason]}", quiet=quiet)
    if told.hint():
        note(told.hint(), quiet=quiet)


@app.command(no_args_is_help=True)
def agreement(
    path: CollectionPath,
    session: SessionName = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say how far people agree: on the positive answer, beyond chance, and what is disputed.

    Example: tuningfork answers agreement galaxies --session mergers
    """
    opened = opened_session(path, session, database=database, quiet=quiet, reading=True)
    try:
        told, disputes = opened.team.agreement(), opened.team.disputes()
        skill = opened.team.consensus().skill
        positive = opened.question.positive
    finally:
        opened.close()
    if as_json:
        emit({"agreement": told, "disputed": disputes, "skill": skill})
        return
    alpha = told.alpha
    rows = [
        ("galaxies that two or more answered", told.galaxies),
        ("people", told.people),
        (f"agreement on '{positive}'", told.positive),
        ("raw agreement", told.raw),
        ("Krippendorff's alpha", None if alpha is None else alpha.value),
        ("  from", None if alpha is None else alpha.low),
        ("  to", None if alpha is None else alpha.high),
        ("disputed galaxies", len(disputes)),
    ]
    rows += [(f"skill of {person}: {a}", share) for person, by in skill.items() for a, share in by.items()]
    table(("what", "value"), rows)


def _pairs(given: list[str] | None) -> dict[str, str] | None:
    from tuningfork.errors import UsageError

    if not given:
        return None
    pairs = [pair.rpartition("=") for pair in given]
    for value, _, answer in pairs:
        if not (value and answer):
            raise UsageError(f"'{value or answer}' is not VALUE=ANSWER", where="--answer")
    return {value: answer for value, _, answer in pairs}
