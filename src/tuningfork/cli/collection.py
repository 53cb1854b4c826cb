"""``tuningfork collection``: galaxies at rest, made, looked at, checked and taken out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, Workers, new_app
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.collection import CreateReport

__all__ = ["app"]

app = new_app("Make, look at, check and export collections of galaxies.")

_KEPT = "What was imported is kept; the same command goes on from there"

Catalogue = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Its table: CSV, TSV, Parquet, FITS, VOTable, ECSV; found in the folder by default.",
    ),
]
IdColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="The catalogue's column of ids; found by its usual names.")
]
FileColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The catalogue's column of file names; found by its usual names."),
]


@app.command(no_args_is_help=True)
def create(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder of images, or one wide image.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the collection goes.")],
    catalogue: Catalogue = None,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to call it; the folder's name by default.")
    ] = None,
    id_column: IdColumn = None,
    file_column: FileColumn = None,
    bands: Annotated[
        str | None, typer.Option(metavar="g,r,z", help="Band names from blue to red, with commas.")
    ] = None,
    pixel_scale: Annotated[
        float | None, typer.Option(metavar="ARCSEC", help="Arcseconds per pixel where the images do not say.")
    ] = None,
    stretch: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="For FITS: asinh:low=0,high=5 or another; fitted by default."),
    ] = None,
    mosaic: Annotated[
        bool | None,
        typer.Option(
            "--mosaic/--no-mosaic",
            help="Find the galaxies in one wide image; by default a single file is one.",
        ),
    ] = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a collection from a folder of images, or from the galaxies found in one wide image.

    Started again it goes on where it ended; images that cannot be used are named in DIR/rejected.csv.

    Example: tuningfork collection create stamps/ --out galaxies --catalogue stamps/table.fits
    """
    from tuningfork.collection import create_collection

    with keeps(_KEPT):
        report = create_collection(
            source,
            out,
            catalogue=catalogue,
            name=name,
            id_column=id_column,
            file_column=file_column,
            bands=tuple(band.strip() for band in bands.split(",")) if bands else None,
            pixel_scale=pixel_scale,
            stretch=_stretch(stretch) if stretch else None,
            mosaic=mosaic,
            workers=workers,
            quiet=quiet,
        )
    _tell(report, as_json=as_json, quiet=quiet)


@app.command(no_args_is_help=True)
def add(
    path: CollectionPath,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder of images.")],
    catalogue: Catalogue = None,
    id_column: IdColumn = None,
    file_column: FileColumn = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Add the images of another folder to a collection; what is there already is left alone.

    Example: tuningfork collection add galaxies more_stamps/
    """
    from tuningfork.collection import Collection, add_to_collection

    with keeps(_KEPT):
        report = add_to_collection(
            Collection.open(path),
            source,
            catalogue=catalogue,
            id_column=id_column,
            file_column=file_column,
            workers=workers,
            quiet=quiet,
        )
    _tell(report, as_json=as_json, quiet=quiet)


@app.command(no_args_is_help=True)
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


@app.command(no_args_is_help=True)
def check(
    path: CollectionPath,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Write the flags into the collection; nothing is deleted.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look for damaged, blank, tiny and doubled images.

    Example: tuningfork collection check galaxies --quarantine
    """
    from tuningfork.collection import Collection, check_collection

    with keeps("Nothing was changed; run the same command again"):
        report = check_collection(Collection.open(path), quarantine=quarantine, quiet=quiet)
    if as_json:
        found = [{"id": galaxy, "flag": flag, "detail": detail} for galaxy, flag, detail in report.found]
        emit({"galaxies": report.galaxies, "flags": report.flags, "found": found})
        return
    if report.found:
        table(("id", "flag", "detail"), report.found)
    counts = ", ".join(f"{count:,} {flag}" for flag, count in report.flags.items()) or "nothing to report"
    note(f"{report.galaxies:,} galaxies checked: {counts}", quiet=quiet)


@app.command(no_args_is_help=True)
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
    chosen = [column.strip() for column in columns.split(",")] if columns else None
    export_catalogue(collection, out, columns=chosen)
    if as_json:
        emit({"file": out, "rows": len(collection)})
    else:
        note(f"{len(collection):,} rows written to {out}", quiet=quiet)


def _stretch(text: str):
    """``asinh:low=0,high=5`` as a stretch."""
    from tuningfork.images import stretch_from_table

    kind, _, settings = text.partition(":")
    table: dict[str, str | float] = {"kind": kind}
    for setting in filter(None, settings.split(",")):
        name, _, value = setting.partition("=")
        try:
            table[name.strip()] = float(value)
        except ValueError:
            raise UsageError(
                f"'{setting}' is not a setting", where=f"--stretch {text}", remedy="Write NAME=NUMBER"
            ) from None
    return stretch_from_table(table)


def _tell(report: "CreateReport", *, as_json: bool, quiet: bool) -> None:
    """Say what an import did."""
    collection = report.collection
    if as_json:
        rejected = [{"file": str(r.file), "row": r.row, "reason": r.reason} for r in report.rejected]
        counts = {"galaxies": len(collection), "added": report.added, "already": report.already}
        emit({"collection": collection.path, "name": collection.name, **counts, "rejected": rejected})
        return
    for rejected in report.rejected[:3]:
        note(f"not imported: {rejected.file}: {rejected.reason}", quiet=quiet)
    more = ""
    if report.rejected:
        more = f", {len(report.rejected):,} rejected (see {collection.path / 'rejected.csv'})"
    note(f"{collection.path}: {len(collection):,} galaxies, {report.added:,} of them new{more}", quiet=quiet)


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_one_line(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_one_line(inner) for inner in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)
