"""``tuningfork evaluate``: how good frozen features are, with intervals."""

from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, new_app

__all__ = ["app"]

app = new_app("Judge an encoder on labelled galaxies, with intervals.")


@app.callback()
def _group() -> None:
    """Makes a group of a single command, so that others can join it."""


@app.command(no_args_is_help=True)
def features(
    path: CollectionPath,
    label: Annotated[
        str,
        typer.Option(
            "--label", "--label-column", metavar="COLUMN", help="The catalogue's column of true classes."
        ),
    ],
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="Whom to judge: an encoder, majority or measurements; may be given again.",
        ),
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option(
            "--split-column",
            metavar="NAME",
            help="The column that says train or val; a quarter is drawn without.",
        ),
    ] = None,
    train_value: Annotated[
        str, typer.Option("--train-value", metavar="TEXT", help="What that column says of training galaxies.")
    ] = "train",
    test_value: Annotated[
        str, typer.Option("--test-value", metavar="TEXT", help="What it says of galaxies to judge on.")
    ] = "val",
    seed: Annotated[int, typer.Option(help="The seed of draws and intervals.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge frozen features, with 95 % intervals.

    By nearest neighbours, a linear probe, and probes from a few labels per class.

    Example: tuningfork evaluate features galaxies --label label --encoder lvm-tiny --encoder timm:resnet18
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.features import evaluate_features

    with keeps("Embeddings made so far are kept; the same command goes on from there"):
        report = evaluate_features(
            Collection.open(path),
            encoder or ["majority", "measurements", "lvm-tiny"],
            label_column=label,
            split_column=split_column,
            train_value=train_value,
            test_value=test_value,
            seed=seed,
            quiet=quiet,
        )
    if as_json:
        emit(report)
        return
    for remark in report["notes"]:
        note(remark, quiet=quiet)
    rows = report["rows"]
    table(tuple(rows[0]), [row.values() for row in rows])
