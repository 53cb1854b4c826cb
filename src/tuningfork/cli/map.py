"""``tuningfork map``: all galaxies in a plane, those that look alike near each other."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note
from tuningfork.cli._files import check_picture, check_table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app

__all__ = ["app"]

app = new_app()


class Method(StrEnum):
    """How galaxies are laid out."""

    umap = "umap"
    pca = "pca"


@app.command("map", no_args_is_help=True)
def make_map(
    path: CollectionPath,
    encoder: StoredName = None,
    method: Annotated[Method, typer.Option(help="umap needs the extra map. pca shows less.")] = Method.umap,
    sample: Annotated[
        int,
        typer.Option("--sample", min=2, metavar="N", help="Galaxies to fit on; the others are placed."),
    ] = 50_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed turns out another map.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write id, x, y as a table.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE.png", help="Also draw it, with the galaxies.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Lay out all galaxies in a plane by their embeddings.

    The map is kept in the collection, under maps. Run the command again after embedding more galaxies.

    Example: tuningfork map galaxies --sheet map.png
    """
    kind = check_picture(sheet)
    check_table(out)
    from tuningfork.collection import Collection
    from tuningfork.embeddings import load_map, map_collection

    collection = Collection.open(path)
    with keeps("What was placed is kept; the same command goes on from there"):
        report = map_collection(
            collection, encoder, method=method.value, sample=sample, seed=seed, quiet=quiet
        )
    said = f"{galaxies(report.galaxies)} on the map, fitted on {report.sample:,}, in {report.seconds:,.0f} s"
    note(f"{said}: {report.file}", quiet=quiet)
    if out is not None or sheet is not None:
        made = load_map(collection, report.key, report.method)
    if out is not None:
        from tuningfork.collection import write_table

        write_table(made.to_table(), out)
        note(f"table: {out}", quiet=quiet)
    if sheet is not None:
        from tuningfork.embeddings import map_sheet
        from tuningfork.files import write_atomically

        write_atomically(sheet, map_sheet(collection, made, kind=kind))
        note(f"picture: {sheet}", quiet=quiet)
    if as_json:
        emit(report)
