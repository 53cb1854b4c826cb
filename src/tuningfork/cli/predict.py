"""``tuningfork predict``: what kind of galaxy each one is, as a table."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note
from tuningfork.cli._files import check_table
from tuningfork.cli._forward import (
    AnyStretch,
    ClusterAddress,
    Engine,
    EngineName,
    Precision,
    PrecisionName,
    check_cluster,
    tell_run,
)
from tuningfork.cli._options import Bands, BatchSize, Debug, Json, Quiet, Workers, comma_list, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def predict(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", help="A collection, or what one can be made from.", show_default=False
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="NAME", help="A model, see: tuningfork weights list; a file or a run's folder."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="The table: .csv, .tsv, .parquet, .fits, .vot or .ecsv."),
    ],
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage",
            metavar="SHARE",
            help="How often a set shall hold the true class, as 0.95; 0.9 where the model was calibrated.",
        ),
    ] = None,
    purity: Annotated[
        float | None,
        typer.Option(
            "--purity", metavar="SHARE", help="Abstain where labels would be right less often, as 0.95."
        ),
    ] = None,
    familiar: Annotated[
        float | None,
        typer.Option(
            "--familiar",
            metavar="SHARE",
            help="Abstain from pictures as unlike as fewer than this share of the galaxies that the model "
            "was judged on, of votes mark them as unfamiliar; 0.01 where it can tell, 0 for never.",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="Only galaxies for which this holds, as in SQL."),
    ] = None,
    views: Annotated[
        int,
        typer.Option("--tta", metavar="N", help="Average over 2, 4 or 8 turned and mirrored views of each."),
    ] = 1,
    home: Annotated[
        Path | None,
        typer.Option(
            "--collection",
            metavar="DIR",
            help="Where the collection of a new SOURCE goes; beside the table by default.",
        ),
    ] = None,
    bands: Bands = None,
    any_stretch: AnyStretch = False,
    batch_size: BatchSize = None,
    precision: PrecisionName = Precision.auto,
    workers: Workers = None,
    engine: EngineName = Engine.local,
    address: ClusterAddress = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say of every galaxy what it is, with probabilities.

    The table has id, label, p_CLASS for each class, set (the classes that cannot be ruled out), abstained,
    and how familiar each picture is. Of a network of votes it has id, the share of every answer, and instead
    of abstained whether a picture is unfamiliar. Ended in any way, the same command goes on.

    Example: tuningfork predict galaxies --model runs/mine --out classes.parquet
    """
    check_table(out)
    check_cluster(engine, address)
    from tuningfork.cli._prepare import open_source
    from tuningfork.tasks.morphology.predicting import check_wishes
    from tuningfork.tasks.morphology.predicting import predict as run_predict
    from tuningfork.tasks.morphology.shelf import load_predictor

    chosen = load_predictor(model)
    check_wishes(chosen, coverage, purity, familiar)
    collection = open_source(source, home or out.with_suffix(".tuningfork"), quiet=quiet)
    rows = None
    if where is not None:
        from tuningfork.collection import rows_where

        rows = rows_where(collection, where)
    with keeps("What was predicted is kept; the same command predicts the rest"):
        report = run_predict(
            collection,
            chosen,
            out,
            rows=rows,
            coverage=coverage,
            purity=purity,
            familiar=familiar,
            bands=comma_list(bands),
            any_stretch=any_stretch,
            batch_size=batch_size,
            precision=precision.value,
            views=views,
            workers=workers,
            engine=engine.value,
            address=address,
            quiet=quiet,
        )
    if as_json:
        emit(report)
        return
    tell_run(report, report.unreadable, "predicted", quiet=quiet)
    if report.abstained:
        unlike = f", {report.unfamiliar:,} of them unlike what it learnt" if report.unfamiliar else ""
        note(f"no answer for {galaxies(report.abstained)}{unlike}", quiet=quiet)
    elif report.unfamiliar:
        note(f"{galaxies(report.unfamiliar)} unlike what it learnt, marked as unfamiliar", quiet=quiet)
    shares = ", ".join(f"{name} {count:,}" for name, count in report.labels.items() if count)
    said = "shares of votes" if not report.labels else shares or "no labels"
    note(f"{out}: {report.rows:,} rows; {said}", quiet=quiet)
