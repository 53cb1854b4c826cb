"""``tuningfork search``: the galaxies most like these."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._files import check_picture, check_table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from tuningfork.collection import Collection
    from tuningfork.embeddings import Neighbours

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def search(
    path: CollectionPath,
    galaxy: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="A galaxy of the collection; may be given again."),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            "--image", metavar="FILE", help="A picture or FITS file from outside; may be given again."
        ),
    ] = None,
    ra: Annotated[
        str | None,
        typer.Option("--ra", help="With --dec: the galaxy nearest to this position, degrees or 12:34:56.7."),
    ] = None,
    dec: Annotated[str | None, typer.Option("--dec", help="Degrees or -12:34:56.")] = None,
    radius: Annotated[
        float, typer.Option("--radius", metavar="ARCSEC", help="How far from the position it may be.")
    ] = 10.0,
    negative: Annotated[
        list[str] | None,
        typer.Option("--negative", metavar="ID", help="A galaxy to be unlike; may be given again."),
    ] = None,
    not_image: Annotated[
        list[Path] | None,
        typer.Option("--not-image", metavar="FILE", help="A picture to be unlike; may be given again."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="Only galaxies for which this holds, as in SQL: \"redshift < 0.1 AND label != 'star'\".",
        ),
    ] = None,
    include_flagged: Annotated[
        bool,
        typer.Option("--include-flagged/--exclude-flagged", help="Whether galaxies in quarantine are found."),
    ] = False,
    k: Annotated[int, typer.Option("-k", "--count", min=1, help="How many to find.")] = 20,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--approximate",
            help="Look at all vectors, or go through the index; by default exact up to 1.5 million.",
            show_default=False,
        ),
    ] = None,
    encoder: StoredName = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B", help="Columns of the catalogue to show beside."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Also write a table: .csv, .tsv, .parquet, .fits, .vot or .ecsv."
        ),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE.png", help="Also draw them on one contact sheet.")
    ] = None,
    samp: Annotated[
        bool, typer.Option("--samp", help="Also send the table to TOPCAT, Aladin, ... on this machine.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the galaxies most like the given ones.

    Likeness is the cosine between embeddings.

    Example: tuningfork search galaxies --id src_00042 -k 24 --sheet like_42.png
    """
    positions = _positions(ra, dec)
    if not (galaxy or image or positions):
        raise UsageError("nothing to search for", remedy="Give --id ID, --image FILE, or --ra and --dec")
    kind = check_picture(sheet)
    check_table(out)
    from tuningfork.collection import Collection
    from tuningfork.embeddings import neighbour_table
    from tuningfork.embeddings import search as find

    collection = Collection.open(path)
    found = find(
        collection,
        ids=galaxy or (),
        images=image or (),
        positions=positions,
        negatives=negative or (),
        negative_images=not_image or (),
        radius=radius,
        where=where,
        include_flagged=include_flagged,
        encoder=encoder,
        k=k,
        exact=exact,
        say=None if quiet else note,
    )
    shown = [name.strip() for name in (columns or "").split(",") if name.strip()]
    results = neighbour_table(collection, found, shown)
    if not found.exact:
        note(f"through the index, which finds {found.recall:.1%} of the 10 nearest", quiet=quiet)
    if out is not None:
        from tuningfork.collection import write_table

        write_table(results, out)
        note(f"table: {out}", quiet=quiet)
    if sheet is not None:
        _draw(collection, found, sheet, kind)
        note(f"contact sheet: {sheet}", quiet=quiet)
    if not len(found):
        note("no galaxy meets the conditions", quiet=quiet)
    if samp:
        from tuningfork.collection.samp import send_table

        note(f"sent to {', '.join(send_table(results, _name(galaxy, image)))}", quiet=quiet)
    _print(results, found, shown, as_json)


def _positions(ra: str | None, dec: str | None) -> list[tuple[float, float]]:
    if ra is None and dec is None:
        return []
    if ra is None or dec is None:
        raise UsageError("a position needs --ra and --dec")
    from tuningfork.images.sky import parse_position

    return [parse_position(ra, dec)]


def _name(galaxy: list[str] | None, image: list[Path] | None) -> str:
    first = galaxy[0] if galaxy else image[0].name if image else "a position"
    return f"like {first}"


def _draw(collection: "Collection", found: "Neighbours", sheet: Path, kind: str) -> None:
    """The found galaxies on one picture, best first."""
    from tuningfork.embeddings import neighbour_sheet
    from tuningfork.files import write_atomically

    write_atomically(sheet, neighbour_sheet(collection, found, kind=kind))


def _print(results: "pa.Table", found: "Neighbours", shown: list[str], as_json: bool) -> None:
    names = list(dict.fromkeys(["id", "score", *shown]))
    rows = results.select(names).to_pylist()
    if as_json:
        emit({"results": rows, "exact": found.exact, "recall": found.recall})
    else:
        cells = [[f"{row[name]:.4f}" if name == "score" else row[name] for name in names] for row in rows]
        table(names, cells)
