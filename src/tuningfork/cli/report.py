"""``tuningfork report``: a run as one page, or the passport of one of its galaxies."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import Debug, Json, Quiet, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def report(
    path: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="A run's folder with predictions.parquet.", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.html", help="By default RUN/report.html.")
    ] = None,
    galaxy: Annotated[
        str | None, typer.Option("--galaxy", metavar="ID", help="The passport of this galaxy instead.")
    ] = None,
    collection: Annotated[
        Path | None,
        typer.Option("--collection", metavar="DIR", help="The galaxies; by default those the run names."),
    ] = None,
    part: Annotated[
        str | None, typer.Option("--part", metavar="NAME", help="What to report on; test, else val.")
    ] = None,
    magnitude: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Of magnitudes; usual names are found.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Of sizes; usual names are found, or it is measured.")
    ] = None,
    explain: Annotated[
        list[str] | None,
        typer.Option("--explain", metavar="MODEL", help="Whose Grad-CAM a passport shows; the run's model."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="COLUMN", help="With --explain ENCODER: what its probe learns."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write how good a run is as one page that opens anywhere.

    Numbers with intervals beside the constant answer, confusion, calibration, sets, purity, mistakes.

    Example: tuningfork report runs/mine --collection galaxies
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.reporting import read_run, report_numbers, write_passport, write_report

    opened = Collection.open(collection) if collection is not None else None
    run = read_run(path, collection=opened, part=part, magnitude=magnitude, size=size)
    for remark in run.notes:
        note(remark, quiet=quiet)
    if galaxy is not None:
        asked = _asked(path, explain, run.collection, label)
        made = write_passport(run, galaxy, out or path / "passport.html", explained=asked)
        note(f"passport: {made}", quiet=quiet)
        if as_json:
            emit({"passport": made, "galaxy": galaxy})
        return
    numbers = report_numbers(run)
    made, rows = write_report(run, out or path / "report.html", numbers=numbers), numbers.rows()
    note(f"report: {made}", quiet=quiet)
    if as_json:
        emit({"report": made, "part": run.part, "galaxies": len(run.judged), "rows": rows})
    elif not quiet:
        table(tuple(rows[0]), [list(row.values()) for row in rows[:4]])


def _asked(path: Path, names: list[str] | None, collection: Any, label: str | None) -> list[Any]:
    """Whose reasons a passport shows: those that were named, or the run's own model where it kept one."""
    from tuningfork.tasks.explaining import open_explained

    if names is None:
        names = [str(path)] if (path / "model.safetensors").is_file() else []
    return [open_explained(name, collection, label) for name in names]
