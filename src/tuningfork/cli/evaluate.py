"""``tuningfork evaluate``: how good frozen features or a model are, with intervals."""

from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._forward import AnyStretch
from tuningfork.cli._options import Bands, CollectionPath, Debug, Json, Quiet, comma_list, new_app

__all__ = ["app"]

TrueClasses = Annotated[
    str,
    typer.Option(
        "--label", "--label-column", metavar="COLUMN", help="The catalogue's column of true classes."
    ),
]

app = new_app("Judge encoders and models on labelled galaxies.")


@app.command(no_args_is_help=True)
def features(
    path: CollectionPath,
    label: TrueClasses,
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
    _tell(report, as_json=as_json, quiet=quiet)


@app.command(no_args_is_help=True)
def model(
    path: CollectionPath,
    name: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="A model's name, its file, or the folder of its run."),
    ],
    label: TrueClasses,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="CONDITION", help="Only galaxies for which this holds: \"split = 'val'\"."
        ),
    ] = None,
    bands: Bands = None,
    any_stretch: AnyStretch = False,
    seed: Annotated[int, typer.Option(help="The seed of the intervals.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge a model on any labelled collection, with 95 % intervals, beside the commonest class.

    Galaxies that it learnt from make it look better than it is: choose others with --where.

    Example: tuningfork evaluate model galaxies --model runs/mine --label label --where "split = 'val'"
    """
    from tuningfork.collection import Collection, rows_where
    from tuningfork.tasks.morphology.judging import evaluate_model

    collection = Collection.open(path)
    with keeps("What was predicted is kept; the same command predicts the rest"):
        report = evaluate_model(
            collection,
            name,
            label_column=label,
            rows=None if where is None else rows_where(collection, where),
            bands=comma_list(bands),
            any_stretch=any_stretch,
            seed=seed,
            quiet=quiet,
        )
    _tell(report, as_json=as_json, quiet=quiet)


def _tell(report: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """The remarks and the table of numbers."""
    if as_json:
        emit(report)
        return
    for remark in report["notes"]:
        note(remark, quiet=quiet)
    rows = report["rows"]
    table(tuple(rows[0]), [row.values() for row in rows])
