"""Look at what a collection holds, and take its catalogue out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, comma_list

__all__ = ["export", "info"]


def info(path: CollectionPath, as_json: Json = False, debug: Debug = False) -> None:
    """Say what a collection holds.

    Example: tuningfork collection info galaxies --json
    """
    from tuningfork.collection import Collection

    facts = Collection.open(path).info()
    if as_json:
        emit(facts)
    else:
        table(("what", "value"), [(key, _one_line(value)) for key, value in facts.items()])


def export(
    path: CollectionPath,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="FILE.csv, .tsv, .parquet, .fits, .vot or .ecsv.")
    ],
    columns: Annotated[
        str | None, typer.Option(metavar="a,b,...", help="Only these columns, with commas.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a collection's catalogue as one table.

    Example: tuningfork collection export galaxies --out table.vot --columns id,ra,dec
    """
    from tuningfork.collection import Collection, export_catalogue

    collection = Collection.open(path)
    export_catalogue(collection, out, columns=comma_list(columns))
    if as_json:
        emit({"file": out, "rows": len(collection)})
    else:
        note(f"{len(collection):,} rows written to {out}", quiet=quiet)


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_one_line(inner)}" for key, inner in value.items()) or "-"
    if isinstance(value, list | tuple):
        numbers = len(value) == 2 and all(isinstance(inner, int | float) for inner in value)
        return (" to " if numbers else ", ").join(_one_line(inner) for inner in value) or "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)
