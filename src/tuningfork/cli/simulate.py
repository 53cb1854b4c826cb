"""``tuningfork simulate``: galaxies that never were, with everything known about them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note
from tuningfork.cli._options import Debug, Json, Quiet, comma_list, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def simulate(
    count: Annotated[int, typer.Argument(metavar="N", min=1, help="How many galaxies.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the collection goes.")],
    seed: Annotated[int, typer.Option(min=0, help="Another one gives other galaxies.")] = 0,
    survey: Annotated[
        str, typer.Option(metavar="NAME", help="Whose pixels, seeing and noise: legacy or sdss.")
    ] = "legacy",
    size: Annotated[int, typer.Option(metavar="PIXELS", help="Side of a stamp.")] = 128,
    pixel_scale: Annotated[
        float | None, typer.Option(metavar="ARCSEC", help="Arcseconds per pixel; the survey's by default.")
    ] = None,
    bands: Annotated[
        str | None, typer.Option(metavar="g,r,z", help="Of g, r, i, z; the survey's by default.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="No other galaxies and stars around them.")] = False,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to call it; the folder's name by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; by default one per processor.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a collection of simulated galaxies of known truth.

    The truth about each is its catalogue: type, size, shape, magnitudes, arms, seeing, noise.
    Started again it goes on; with a larger N it grows. The same seed gives the same galaxies.

    Example: tuningfork simulate 10000 --out simulated --seed 1
    """
    from tuningfork.collection.simulating import simulate_collection
    from tuningfork.simulation import Settings

    settings = Settings(seed, survey, size, pixel_scale or 0.0, comma_list(bands) or (), not alone)
    with keeps("What was drawn is kept; the same command goes on from there"):
        report = simulate_collection(
            count, out, settings, name=name, workers=workers or os.cpu_count() or 1, quiet=quiet
        )
    if as_json:
        emit({"collection": out, "added": report.added, "already": report.already})
        return
    there = f", {report.already:,} were there already" if report.already else ""
    note(f"{galaxies(report.added)} drawn{there}: {out}", quiet=quiet)
