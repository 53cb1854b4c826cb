"""``tuningfork reproduce``: published tables made again, ours beside the paper's."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import Debug, Json, Quiet, new_app
from tuningfork.errors import UsageError

__all__ = ["app"]

app = new_app()


@app.command()
def reproduce(
    paper: Annotated[str | None, typer.Argument(metavar="PAPER", help="Whose table.")] = None,
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help="Which one.")] = None,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR...", help="Collections; NAME=DIR where a table wants several kinds."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="RUN",
            help="The run's folder; runs/PAPER-TABLE when not given, runs/PAPER where tables share it.",
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="NAME", help="The catalogue's column of true classes.")
    ] = None,
    positive: Annotated[
        list[str] | None,
        typer.Option(
            "--positive", metavar="VALUE", help="Which class is looked for; given again, all of them as one."
        ),
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option("--split-column", metavar="NAME", help="The column that says train or val."),
    ] = None,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="DIR", help="The labelled collection to judge on.")
    ] = None,
    hiwl: Annotated[
        str | None,
        typer.Option("--hiwl", metavar="A+B", help="Classes that are merged and then parted, or auto."),
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option("--encoder", metavar="NAME", help="Whom to judge; may be given again."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How often everything drawn at random is drawn anew.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=32, max=512, help="Side of the pictures in pixels, in training.")
    ] = None,
    settings: Annotated[
        str | None, typer.Option(metavar="NAME", help="A table's other ways, as its manual names them.")
    ] = None,
    cells: Annotated[
        int | None, typer.Option(min=0, help="End after so many cells of the table; the next call goes on.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin no cell after so long; the next call goes on.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a published table again, with 95 % intervals.

    Without arguments it lists the tables. The table ends in RUN/table.csv and RUN/table.md, its pictures
    beside them. What was finished is kept, and the same command goes on from there.

    Example: tuningfork reproduce fu2024 few-shot galaxies --label label --out runs/few-shot
    """
    if paper is None:
        _list(as_json)
        return
    from tuningfork.papers.registry import TABLES, find_table

    if name is None:
        known = ", ".join(t.name for t in TABLES if t.paper == paper) or "no table"
        raise UsageError(
            f"a table of {paper} is wanted", remedy=f"There is {known}. See: tuningfork reproduce"
        )
    chosen = find_table(paper, name)
    out = out or chosen.usual_out
    options = {
        "label": label,
        "positive": positive,
        "split_column": split_column,
        "judge": judge,
        "hiwl": hiwl,
        "encoder": encoder,
        "seeds": seeds,
        "size": size,
        "settings": settings,
        "cells": cells,
        "minutes": minutes,
    }
    with keeps(f"The finished cells are kept in {out}; the same command goes on from there"):
        report = chosen.make(sources or (), out, quiet=quiet, **options)
    if as_json:
        emit({"paper": paper, "table": name, "rows": report.rows, "notes": report.notes, "run": out})
        return
    columns, rows = report.short()
    table(columns, rows, title=report.title)
    for remark in report.notes:
        note(remark, quiet=quiet)
    files = ", ".join([f"{out}/{report.stem}.csv", f"{report.stem}.md", *report.pictures])
    note(f"written: {files}", quiet=quiet)


def _list(as_json: bool) -> None:
    """Every table that there is."""
    from tuningfork.papers.registry import TABLES

    if as_json:
        rows = [{"paper": t.paper, "table": t.name, "what": t.summary, "hours": t.hours} for t in TABLES]
        emit({"tables": rows})
        return
    table(
        ("paper", "table", "what", "hours on 2 cores"),
        [(t.paper, t.name, t.summary, t.hours) for t in TABLES],
    )
