"""What `embed` and `predict` share: the options of a network that runs over a collection, and its report."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import galaxies, note
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.embeddings import EmbedReport
    from tuningfork.tasks.morphology.predicting import PredictReport

__all__ = [
    "AnyStretch",
    "ClusterAddress",
    "Engine",
    "EngineName",
    "Precision",
    "PrecisionName",
    "check_cluster",
    "tell_run",
]


class Precision(StrEnum):
    """How numbers are held while the network runs."""

    auto = "auto"
    bf16 = "bf16"
    fp32 = "fp32"


class Engine(StrEnum):
    """Where the work is done."""

    local = "local"
    ray = "ray"


PrecisionName = Annotated[
    Precision, typer.Option("--precision", help="auto takes bf16 where this machine is faster with it.")
]
EngineName = Annotated[
    Engine, typer.Option("--engine", help="ray spreads the work over processes, here or on a cluster.")
]
AnyStretch = Annotated[
    bool,
    typer.Option("--any-stretch", help="Take flux through a stretch the model never saw, uncalibrated."),
]


ClusterAddress = Annotated[
    str | None,
    typer.Option("--address", metavar="ADDRESS", help="Of a Ray cluster; without it Ray is started here."),
]


def check_cluster(engine: Engine, address: str | None) -> None:
    """Refuse a cluster's address where no cluster is asked for.

    Raises
    ------
    UsageError
    """
    if address and engine is not Engine.ray:
        raise UsageError("an address is that of a Ray cluster", remedy="Add --engine ray")


def tell_run(
    report: "EmbedReport | PredictReport",
    left_out: Sequence[tuple[str, str]],
    done: str,
    *,
    key: str = "",
    quiet: bool = False,
) -> None:
    """Say on standard error what a run did and which galaxies it left out.

    Parameters
    ----------
    report : EmbedReport or PredictReport
    left_out : sequence of (str, str)
        Ids and reasons; three are named, the others counted.
    done : str
        The participle: "embedded".
    key : str
        Begins the line of numbers.
    """
    for line in report.remarks:
        note(line, quiet=quiet)
    for galaxy, reason in left_out[:3]:
        note(f"not {done}: {galaxy}: {reason}", quiet=quiet)
    rate = f" at {report.done / report.seconds:,.0f}/s" if report.done and report.seconds else ""
    left = f", {len(left_out):,} left out" if left_out else ""
    note(f"{key}{galaxies(report.done)} {done}{rate}, {report.already:,} were there{left}", quiet=quiet)
