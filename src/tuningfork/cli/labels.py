"""``tuningfork labels``: classes from votes and types, splits, and what the votes look like."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, comma_list, new_app
from tuningfork.errors import UsageError

__all__ = ["app"]

app = new_app("Make classes of votes and types, split them, and look at them.")

Votes = Annotated[
    str | None,
    typer.Option(
        "--votes",
        metavar="KIND",
        help="weighted_fraction, debiased, fraction, count or cumulative; the first whole one by default.",
    ),
]
GroupColumns = Annotated[
    str | None,
    typer.Option("--group-columns", metavar="a,b,...", help="Galaxies of one value there stay together."),
]
Arcsec = Annotated[
    float, typer.Option(min=0, metavar="ARCSEC", help="Galaxies so near stay together; 0: do not look.")
]
Twins = Annotated[
    bool,
    typer.Option("--twins/--no-twins", help="Keep pictures that are the same together; reads each image."),
]


@app.command()
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


@app.command()
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


@app.command(no_args_is_help=True)
def votes(
    path: CollectionPath,
    tree: Annotated[str, typer.Option(metavar="TREE", help="Whose votes: a name or a file.")],
    kind: Votes = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Also draw them: means, correlations, galaxies."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at the votes of a collection: what is there, what cannot be, how sure people were.

    Example: tuningfork labels votes galaxies --tree gz2 --out pictures
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.labels import draw_votes, votes_report

    collection = Collection.open(path)
    report = votes_report(collection, tree, kind)
    note(f"votes: {', '.join(report.kinds)}; the first are taken", quiet=quiet)
    for line in report.faults:
        note(f"set aside: {line}", quiet=quiet)
    files = draw_votes(collection, report, out, say=lambda line: note(line, quiet=quiet)) if out else []
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


@app.command(no_args_is_help=True)
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


@app.command(no_args_is_help=True)
def split(
    path: CollectionPath,
    label: Annotated[
        str, typer.Option("--label", metavar="COLUMN", help="The catalogue's column of classes.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the split goes.")],
    parts: Annotated[
        str, typer.Option(metavar="A:B:C", help="Sizes of train, val and test; two numbers leave test out.")
    ] = "8:1:1",
    folds: Annotated[
        int | None, typer.Option(min=2, metavar="K", help="So many equal parts instead, called 0, 1, ...")
    ] = None,
    group_columns: GroupColumns = None,
    arcsec: Arcsec = 3.0,
    twins: Twins = True,
    fewest: Annotated[int, typer.Option(min=0, metavar="N", help="Leave out classes of fewer galaxies.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same split.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Split labelled galaxies class by class, and keep together what is the same galaxy.

    Example: tuningfork labels split galaxies --label label --out split.csv
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.labels import split_galaxies

    with keeps("No split was written; run the same command again"):
        report = split_galaxies(
            Collection.open(path),
            label,
            parts=None if folds else _shares(parts),
            folds=folds,
            group_columns=comma_list(group_columns) or (),
            arcsec=arcsec,
            twins=twins,
            fewest=fewest,
            seed=seed,
            quiet=quiet,
        )
    report.split.write(out)
    for line in report.notes:
        note(line, quiet=quiet)
    if as_json:
        emit({"file": out, "hash": report.split.hash, "counts": report.counts, "notes": report.notes})
        return
    _print_counts(report.counts)
    note(f"{galaxies(len(report.split.ids))} in {out}, hash {report.split.hash}", quiet=quiet)


@app.command(no_args_is_help=True)
def check(
    path: CollectionPath,
    file: Annotated[Path, typer.Argument(metavar="SPLIT", help="A file that labels split made.")],
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="COLUMN", help="The column of classes; the split's own by default."),
    ] = None,
    group_columns: GroupColumns = None,
    arcsec: Arcsec = 3.0,
    twins: Twins = True,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold a split to a collection: does it fit, and does a galaxy stand on both sides?

    Example: tuningfork labels check galaxies split.csv
    """
    from tuningfork.collection import Collection
    from tuningfork.labels import read_split
    from tuningfork.tasks.labels import check_split

    held = read_split(file)
    report = check_split(
        Collection.open(path),
        held,
        label=label,
        group_columns=comma_list(group_columns) or (),
        arcsec=arcsec,
        twins=twins,
        quiet=quiet,
    )
    for line in report.notes:
        note(line, quiet=quiet)
    if as_json:
        emit({"hash": held.hash, "counts": report.counts, "torn": report.torn, "outside": report.outside})
        return
    _print_counts(report.counts)
    for group in report.torn[:10]:
        note(f"on both sides: {', '.join(group)}")
    torn = (
        f"{len(report.torn):,} groups of the same galaxy stand on both sides"
        if report.torn
        else "nothing leaks"
    )
    note(f"{torn}; {galaxies(report.outside)} in no part; hash {held.hash}", quiet=quiet)


def _print_counts(counts: dict[str, dict[str, int]]) -> None:
    parts = list(next(iter(counts.values()), {}))
    table(
        ("class", *parts, "all"),
        [(name, *held.values(), sum(held.values())) for name, held in counts.items()],
    )


def _shares(text: str) -> dict[str, float]:
    """``8:1:1`` as shares of train, val and test."""
    try:
        sizes = [float(size) for size in text.split(":")]
    except ValueError:
        sizes = []
    if len(sizes) not in (2, 3) or not all(0 < size < 1e9 for size in sizes):
        raise UsageError(f"'{text}' is no split", where="--parts", remedy="Write 8:1:1, or 8:2")
    return {name: size / sum(sizes) for name, size in zip(("train", "val", "test"), sizes, strict=False)}
