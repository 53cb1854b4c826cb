"""Draw and check splits of labelled galaxies."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, comma_list
from tuningfork.errors import UsageError

__all__ = ["check", "split"]

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
        note(f"on both sides: {', '.join(group)}", quiet=quiet)
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
