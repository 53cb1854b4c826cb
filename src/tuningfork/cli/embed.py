"""``tuningfork embed``: run an encoder over a collection and keep the vectors."""

from enum import StrEnum
from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps
from tuningfork.cli._forward import (
    ClusterAddress,
    Engine,
    EngineName,
    Precision,
    PrecisionName,
    check_cluster,
    tell_run,
)
from tuningfork.cli._options import (
    Bands,
    BatchSize,
    CollectionPath,
    Debug,
    EncoderName,
    Json,
    Quiet,
    Workers,
    comma_list,
    new_app,
)

__all__ = ["app"]

app = new_app()


class Views(StrEnum):
    """How many flips and rotations of each galaxy are averaged."""

    one = "1"
    all = "8"


@app.command(no_args_is_help=True)
def embed(
    path: CollectionPath,
    encoder: EncoderName = "lvm-tiny",
    views: Annotated[
        Views, typer.Option("--views", help="Average over flips and quarter turns: 8 costs eight times.")
    ] = Views.one,
    batch_size: BatchSize = None,
    precision: PrecisionName = Precision.auto,
    workers: Workers = None,
    bands: Bands = None,
    engine: EngineName = Engine.local,
    address: ClusterAddress = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run an encoder over the galaxies it has not seen yet.

    Example: tuningfork embed galaxies --encoder lvm-tiny
    """
    check_cluster(engine, address)
    from tuningfork.collection import Collection
    from tuningfork.embeddings import embed as run_embed

    with keeps("The vectors made so far are kept; the same command makes the rest"):
        report = run_embed(
            Collection.open(path),
            encoder,
            batch_size=batch_size,
            precision=precision.value,
            views=int(views.value),
            workers=workers,
            bands=comma_list(bands),
            engine=engine.value,
            address=address,
            quiet=quiet,
        )
    if as_json:
        emit(report)
        return
    tell_run(report, report.left_out, "embedded", key=f"{report.key}: ", quiet=quiet)
