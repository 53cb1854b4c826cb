"""Trees and schemes, what votes look like, and classes of votes and types."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet

__all__ = ["classes", "schemes", "trees", "votes"]

Votes = Annotated[
    str | None,
    typer.Option(
        "--votes",
        metavar="KIND",
        help="weighted_fraction, debiased, fraction, count or cumulative; the first whole one by default.",
    ),
]


def trees(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[TREE]", help="Show this one: a name or a file.", show_default=False),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the decision trees, or show one.

    Example: tuningfork labels trees gz2
    """
    from tuningfork.labels import read_tree, shipped_trees

    if name is None:
        found = [read_tree(each) for each in shipped_trees()]
        rows = [(tree.name, tree.text, len(tree.steps), len(tree.answers), tree.source) for tree in found]
        columns = ("tree", "project", "questions", "answers", "source")
    else:
        steps = read_tree(name).steps
        columns = ("question", "text", "answers", "after")
        rows = [(s.name, s.text, ", ".join(o.name for o in s.options), ", ".join(s.parents)) for s in steps]
    if as_json:
        emit([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(columns, rows)


def schemes(as_json: Json = False, debug: Debug = False) -> None:
    """List the schemes that make classes of a catalogue.

    Example: tuningfork labels schemes
    """
    from tuningfork.labels import read_scheme, shipped_schemes

    found = [read_scheme(name) for name in shipped_schemes()]
    columns = ("scheme", "kind", "text", "questions", "source")
    rows = [(s.name, s.kind, s.text, ", ".join(s.parts), s.source) for s in found]
    if as_json:
        emit([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(columns, rows)


def votes(
    path: CollectionPath,
    tree: Annotated[str, typer.Option(metavar="TREE", help="Whose votes: a name or a file.")],
    kind: Votes = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Also draw them: means, correlations, galaxies."),
    ] = None,
    table_out: Annotated[
        Path | None, typer.Option("--table", metavar="FILE", help="Also write them as a table.")
    ] = None,
    naming: Annotated[
        str,
        typer.Option(metavar="NAME", help="Its columns: published, or challenge for the 37 cumulative ones."),
    ] = "published",
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at the votes of a collection: what is there, what cannot be, how sure people were.

    Example: tuningfork labels votes galaxies --tree gz2 --out pictures
    """
    from tuningfork.collection import Collection, write_table
    from tuningfork.tasks.labels import converted_votes, draw_votes, votes_report

    collection = Collection.open(path)
    report = votes_report(collection, tree, kind)
    note(f"votes: {', '.join(report.kinds)}; the first are taken", quiet=quiet)
    for line in report.faults:
        note(f"set aside: {line}", quiet=quiet)
    files = draw_votes(collection, report, out, say=lambda line: note(line, quiet=quiet)) if out else []
    if table_out:
        write_table(converted_votes(collection, report, naming), table_out)
    rows = report.rows()
    if as_json:
        sure = {"sure": report.analysis.sure, "unsure": report.analysis.unsure}
        emit({"kinds": report.kinds, "faults": report.faults, "answers": rows, "files": files, **sure})
        return
    table(
        ("question", "answer", "galaxies", "mean", "mean of those asked"),
        [list(row.values()) for row in rows],
    )
    if out:
        note(f"{len(files)} pictures in {out}", quiet=quiet)


def classes(
    path: CollectionPath,
    scheme: Annotated[
        str, typer.Option(metavar="SCHEME", help="A name or a file, SCHEME:QUESTION where it has several.")
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="What to call the column; the scheme's name by default."),
    ] = None,
    kind: Votes = None,
    unasked: Annotated[
        str, typer.Option(metavar="HOW", help="Questions that nobody was asked: missing, or first answer.")
    ] = "missing",
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where gz2_class or the stage T is, if not so called.")
    ] = None,
    bar_column: Annotated[
        str | None, typer.Option("--bar-column", metavar="NAME", help="Where the strength of the bar is.")
    ] = None,
    fewest: Annotated[int, typer.Option(min=0, metavar="N", help="Leave out classes of fewer galaxies.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write a table instead of the collection's column."),
    ] = None,
    try_only: Annotated[bool, typer.Option("--try", help="Only count; store nothing.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a column of classes from votes, gz2_class strings or stages.

    Example: tuningfork labels classes galaxies --scheme doherty2024:q3 --name bar
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.labels import class_columns, store_columns

    found = class_columns(
        Collection.open(path),
        scheme,
        name=name,
        votes=kind,
        unasked=unasked,
        column=column,
        bar_column=bar_column,
        fewest=fewest,
    )
    if not try_only:
        store_columns(found, out)
    for line in found.notes:
        note(line, quiet=quiet)
    counts = {key: held.counts for key, held in found.columns.items()}
    if as_json:
        emit({"columns": counts, "notes": found.notes, "stored": None if try_only else out or path})
        return
    table(
        ("column", "class", "galaxies"),
        [(key, *pair) for key, held in counts.items() for pair in held.items()],
    )
    if not try_only:
        note(f"{len(counts)} column{'s' if len(counts) != 1 else ''} in {out or path}", quiet=quiet)
