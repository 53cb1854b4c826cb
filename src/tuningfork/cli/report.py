"""``tuningfork report``: a run or a model as one page, or the passport of one of its galaxies."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._given import refuse
from tuningfork.cli._options import Debug, Json, Plane, Quiet, new_app
from tuningfork.errors import UsageError

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def report(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run's folder; or a model, with --collection and --label.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="By default RUN/report.html, or MODEL.html here."),
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
        typer.Option("--label", metavar="COLUMN", help="True classes, for a model or a probe's encoder."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="Of a model: only galaxies for which this holds."),
    ] = None,
    plane: Annotated[Plane, typer.Option("--plane", help="How the network's features are drawn.")] = (
        Plane.tsne
    ),
    numbers_only: Annotated[
        bool, typer.Option("--numbers-only", help="Do not ask the network: no features, no Grad-CAM.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write how good a run or a model is, as one page.

    Data, numbers with intervals beside the constant answer, confusion, calibration, sets, purity, curves,
    what the network goes by, mistakes. Of a run of votes each question's errors beside those of the mean.

    Example: tuningfork report runs/mine --collection galaxies
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.reporting import is_of_votes, report_numbers, write_report, write_votes_report

    path = Path(name)
    opened = Collection.open(collection) if collection is not None else None
    if is_of_votes(path):
        of_classes = {"--galaxy": galaxy, "--explain": explain, "--label": label, "--where": where}
        refuse(
            of_classes | {"--magnitude": magnitude, "--size": size}, "this is a run of votes, not of classes"
        )
        made = write_votes_report(path, out or path / "report.html", collection=opened, part=part)
        note(f"report: {made}", quiet=quiet)
        if as_json:
            emit({"report": made})
        return
    if galaxy is None:
        refuse(
            {"--explain": explain}, "a passport shows Grad-CAM of other networks", remedy="Add --galaxy ID"
        )
    columns = {"magnitude": magnitude, "size": size}
    run = _read(name, opened, label, where, part, columns, quiet)
    for remark in run.notes:
        note(remark, quiet=quiet)
    home = path if path.is_dir() else Path()
    if galaxy is not None:
        from tuningfork.tasks.reporting import write_passport

        asked = _asked(run.model, explain, run.collection, label)
        made = write_passport(run, galaxy, out or home / "passport.html", explained=asked)
        note(f"passport: {made}", quiet=quiet)
        if as_json:
            emit({"passport": made, "galaxy": galaxy})
        return
    numbers = report_numbers(run)
    out = out or (path / "report.html" if path.is_dir() else Path(f"{path.stem}.html"))
    made = write_report(run, out, numbers=numbers, reasons=not numbers_only, plane=plane.value)
    rows = numbers.rows()
    note(f"report: {made}", quiet=quiet)
    if as_json:
        emit({"report": made, "part": run.part, "galaxies": len(run.judged), "rows": rows})
    elif not quiet:
        table(tuple(rows[0]), [list(row.values()) for row in rows[:4]])


def _read(
    name: str,
    collection: Any,
    label: str | None,
    where: str | None,
    part: str | None,
    columns: dict[str, str | None],
    quiet: bool,
) -> Any:
    """The run of that folder, or what a model says of labelled galaxies."""
    from tuningfork.tasks.morphology.shelf import is_model
    from tuningfork.tasks.reporting import read_model, read_run

    if (Path(name) / "predictions.parquet").is_file() or not is_model(name):
        if where is not None:
            raise UsageError("--where chooses galaxies for a model", remedy="Of a run choose --part")
        return read_run(name, collection=collection, part=part, **columns)
    if collection is None or label is None or part is not None:
        raise UsageError(
            f"'{name}' is a model: it has no galaxies of its own",
            remedy="Give --collection DIR and --label COLUMN, and --where instead of --part",
        )
    from tuningfork.collection import rows_where

    rows = None if where is None else rows_where(collection, where)
    return read_model(name, collection, label, rows=rows, quiet=quiet, **columns)


def _asked(own: str, names: list[str] | None, collection: Any, label: str | None) -> list[Any]:
    """Whose reasons a passport shows: those that were named, or the run's own model where it kept one."""
    from tuningfork.tasks.explaining import open_explained

    if names is None:
        names = [own] if own else []
    return [open_explained(name, collection, label) for name in names]
