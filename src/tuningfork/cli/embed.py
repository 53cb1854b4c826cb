"""``tuningfork embed``: run an encoder over a collection and keep the vectors."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note
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
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.embeddings import EmbedReport

__all__ = ["Engine", "Precision", "app"]

app = new_app()


class Precision(StrEnum):
    """How numbers are held while the network runs."""

    auto = "auto"
    bf16 = "bf16"
    fp32 = "fp32"


class Engine(StrEnum):
    """Where the work is done."""

    local = "local"
    ray = "ray"


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
    precision: Annotated[
        Precision, typer.Option(help="auto takes bf16 where this machine is faster with it.")
    ] = Precision.auto,
    workers: Workers = None,
    bands: Bands = None,
    engine: Annotated[
        Engine, typer.Option(help="ray spreads the work over processes, here or on a cluster.")
    ] = Engine.local,
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of a Ray cluster; without it Ray is started here."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run an encoder over the galaxies it has not seen yet.

    Example: tuningfork embed galaxies --encoder lvm-tiny
    """
    if address and engine is not Engine.ray:
        raise UsageError("an address is that of a Ray cluster", remedy="Add --engine ray")
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
    for line in report.remarks:
        note(line, quiet=quiet)
    for galaxy, reason in report.left_out[:3]:
        note(f"not embedded: {galaxy}: {reason}", quiet=quiet)
    rate = f" at {report.done / report.seconds:,.0f}/s" if report.done and report.seconds else ""
    said = f"{report.key}: {galaxies(report.done)} embedded{rate}, {report.already:,} were there"
    note(said + _left_out(report), quiet=quiet)


def _left_out(report: "EmbedReport") -> str:
    return f", {len(report.left_out):,} left out" if report.left_out else ""
