"""Make a collection and add to it."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import counted, emit, galaxies, keeps, note
from tuningfork.cli._options import CollectionPath, Debug, Json, Only, Quiet, Workers, comma_list
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.collection import CreateReport

__all__ = ["add", "create", "join"]

_KEPT = "What was imported is kept; the same command goes on from there"

Catalogue = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Its table: CSV, TSV, Parquet, FITS, VOTable, ECSV; found in the folder by default.",
    ),
]
Reader = Annotated[
    str | None, typer.Option(metavar="NAME", help="How to read SOURCE; found from what it is by default.")
]
ImageColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Where the pixels are in a table or a file of arrays."),
]
Cutouts = Annotated[
    str | None,
    typer.Option(metavar="SERVICE", help="Fetch the image of every position in SOURCE, a table: legacy."),
]
Side = Annotated[int | None, typer.Option(min=8, max=4096, metavar="PIXELS", help="Side of what is cut out.")]
IdColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="The catalogue's column of ids; found by its usual names.")
]
FileColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The catalogue's column of file names; found by its usual names."),
]


def create(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder, an archive, a table, or one wide image.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the collection goes.")],
    reader: Reader = None,
    only: Only = None,
    catalogue: Catalogue = None,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to call it; the folder's name by default.")
    ] = None,
    id_column: IdColumn = None,
    file_column: FileColumn = None,
    image_column: ImageColumn = None,
    bands: Annotated[
        str | None, typer.Option(metavar="g,r,z", help="Band names from blue to red, with commas.")
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(metavar="g,r,z", help="Which bands people see as blue, green, red; guessed by default."),
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
    cutouts: Cutouts = None,
    side: Side = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a collection from images in whatever form: a folder, an archive, a table, one wide image, the sky.

    Started again it goes on where it ended; images that cannot be used are named in DIR/rejected.csv.

    Example: tuningfork collection create stamps/ --out galaxies --catalogue stamps/table.fits
    """
    from tuningfork.collection import create_collection

    with keeps(_KEPT):
        report = create_collection(
            source,
            out,
            reader=reader,
            only=only or (),
            catalogue=catalogue,
            name=name,
            id_column=id_column,
            file_column=file_column,
            image_column=image_column,
            bands=comma_list(bands),
            shown=comma_list(shown),
            pixel_scale=pixel_scale,
            stretch=_stretch(stretch) if stretch else None,
            mosaic=mosaic,
            cutouts=cutouts,
            side=side,
            workers=workers,
            quiet=quiet,
        )
    _tell(report, as_json=as_json, quiet=quiet)


def add(
    path: CollectionPath,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder, an archive or a table.")],
    reader: Reader = None,
    only: Only = None,
    catalogue: Catalogue = None,
    id_column: IdColumn = None,
    file_column: FileColumn = None,
    image_column: ImageColumn = None,
    cutouts: Cutouts = None,
    side: Side = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Add the images of another source to a collection; what is there already is left alone.

    Example: tuningfork collection add galaxies more_stamps/
    """
    from tuningfork.collection import Collection, add_to_collection

    with keeps(_KEPT):
        report = add_to_collection(
            Collection.open(path),
            source,
            reader=reader,
            only=only or (),
            catalogue=catalogue,
            id_column=id_column,
            file_column=file_column,
            image_column=image_column,
            cutouts=cutouts,
            side=side,
            workers=workers,
            quiet=quiet,
        )
    _tell(report, as_json=as_json, quiet=quiet)


def join(
    path: CollectionPath,
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV, TSV, Parquet, FITS, VOTable or ECSV.")],
    id_column: IdColumn = None,
    columns: Annotated[
        str | None, typer.Option(metavar="a,b,...", help="Only these columns, with commas.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Add the columns of another table to the galaxies whose id it names.

    Where no galaxy has a position yet, those of the table become the positions.

    Example: tuningfork collection join galaxies redshifts.fits --columns z,z_err
    """
    from tuningfork.collection import Collection, join_catalogue

    report = join_catalogue(Collection.open(path), table, id_column=id_column, columns=comma_list(columns))
    if as_json:
        emit(report)
        return
    added = f"{counted(len(report.columns), 'column', 'columns')} for {galaxies(report.matched)}"
    left = (
        f"; {counted(report.unmatched, 'row is', 'rows are')} for no galaxy here" if report.unmatched else ""
    )
    if report.placed:
        note(f"{path}: {galaxies(report.placed)} have a position now", quiet=quiet)
    if report.columns or not report.placed:
        note(f"{path}: {added}{left}", quiet=quiet)


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


def _and_others(count: int) -> str:
    return f" (and {count:,} more such lines)" if count else ""


def _tell(report: "CreateReport", *, as_json: bool, quiet: bool) -> None:
    """Say what an import did."""
    collection = report.collection
    if as_json:
        rejected = [
            {"file": str(r.file), "row": r.row, "reason": r.reason, "kept": r.kept} for r in report.rejected
        ]
        counts = {"galaxies": len(collection), "added": report.added, "already": report.already}
        counts |= {"unlisted": report.unlisted, "passed_over": report.passed_over}
        emit({"collection": collection.path, "name": collection.name, **counts, "rejected": rejected})
        return
    refused = [r for r in report.rejected if not r.kept]
    alike = Counter(r.reason for r in refused)
    first = {r.reason: r.place for r in reversed(refused)}
    for reason, count in alike.most_common(3):
        note(f"not imported: {first[reason]}: {reason}{_and_others(count - 1)}", quiet=quiet)
    kept = [r for r in report.rejected if r.kept]
    for rejected in kept[:1]:
        note(f"{rejected.file}: {rejected.reason}{_and_others(len(kept) - 1)}", quiet=quiet)
    more = ""
    if report.rejected:
        more = f", {len(refused):,} rejected (see {collection.path / 'rejected.csv'})"
    if report.unlisted:
        note(f"images that the catalogue does not name, left out: {report.unlisted:,}", quiet=quiet)
    if report.passed_over:
        note(f"images that --only passes over: {report.passed_over:,}", quiet=quiet)
    note(f"{collection.path}: {galaxies(len(collection))}, {report.added:,} of them new{more}", quiet=quiet)
