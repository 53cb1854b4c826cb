"""What lies where: cones, nearest, matches with another table, groups."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import emit, galaxies, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["cone", "group", "match", "nearest"]

_FIRST = ("id", "ra", "dec", "separation")
_SHOWN = 50

Ra = Annotated[
    str, typer.Option("--ra", metavar="RA", help="Right ascension: degrees, or hours as 10:00:27.9.")
]
Dec = Annotated[str, typer.Option("--dec", metavar="DEC", help="Declination: degrees, or -02:12:20.9.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Write them there: .csv, .tsv, .parquet, .fits, .vot or .ecsv."
    ),
]


def cone(
    path: CollectionPath,
    ra: Ra,
    dec: Dec,
    radius: Annotated[float, typer.Option(min=0, metavar="ARCSEC", help="How far around.")],
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say which galaxies lie around a place, nearest first.

    Example: tuningfork collection cone galaxies --ra 150.1163 --dec 2.2058 --radius 60
    """
    from tuningfork.collection import Collection
    from tuningfork.collection.sky import cone_search
    from tuningfork.images.sky import parse_position

    found = cone_search(Collection.open(path), *parse_position(ra, dec), radius)
    _tell(found, galaxies(len(found)), out=out, quiet=quiet, as_json=as_json)


def nearest(
    path: CollectionPath,
    ra: Ra,
    dec: Dec,
    k: Annotated[int, typer.Option("-k", "--count", min=1, help="How many.")] = 1,
    radius: Annotated[
        float | None, typer.Option(min=0, metavar="ARCSEC", help="None further away than this.")
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say which galaxies are nearest to a place.

    Example: tuningfork collection nearest galaxies --ra 10:00:27.9 --dec +02:12:20.9 -k 5
    """
    from tuningfork.collection import Collection
    from tuningfork.collection.sky import nearest_on_sky
    from tuningfork.images.sky import parse_position

    found = nearest_on_sky(Collection.open(path), *parse_position(ra, dec), k=k, arcsec=radius)
    _tell(found, galaxies(len(found)), out=out, quiet=quiet, as_json=as_json)


def match(
    path: CollectionPath,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="A collection, or a table with RA and Dec.")],
    radius: Annotated[
        float, typer.Option(min=0, metavar="ARCSEC", help="The largest separation of a pair.")
    ] = 1.0,
    every: Annotated[
        bool, typer.Option("--all", help="All pairs; by default the nearest object of each galaxy.")
    ] = False,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Pair galaxies with the objects of another collection or table by position.

    Example: tuningfork collection match galaxies redshifts.fits --radius 1.5 --out pairs.vot
    """
    from tuningfork.collection import Collection
    from tuningfork.collection.sky import match_sky

    found = match_sky(Collection.open(path), other, arcsec=radius, every=every)
    _tell(found, f"{len(found):,} pairs", out=out, quiet=quiet, as_json=as_json)


def group(
    path: CollectionPath,
    radius: Annotated[
        float, typer.Option(min=0, metavar="ARCSEC", help="The longest step between two members.")
    ] = 3.0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the column sky_group: galaxies at one place share a number, to be kept together in splits.

    Example: tuningfork collection group galaxies --radius 3
    """
    from tuningfork.collection import Collection
    from tuningfork.collection.sky import group_by_sky

    report = group_by_sky(Collection.open(path), arcsec=radius)
    if as_json:
        emit(report)
        return
    more = f"{report.shared:,} of them with several galaxies, {report.members:,} in all"
    note(f"{galaxies(report.galaxies)} with a position in {report.groups:,} groups, {more}", quiet=quiet)


def _tell(found: "pa.Table", counted: str, *, out: Path | None, quiet: bool, as_json: bool) -> None:
    if out is not None:
        from tuningfork.collection.tables import write_table

        write_table(found, out)
    if as_json:
        emit({"results": found.to_pylist()})
    elif out is None:
        shown = found.slice(0, _SHOWN).select(list(dict.fromkeys([*_FIRST, *found.column_names[4:6]])))
        table(shown.column_names, [_row(row) for row in shown.to_pylist()])
    place = f", written to {out}" if out is not None else ""
    place = f", the first {_SHOWN} shown" if out is None and not as_json and len(found) > _SHOWN else place
    note(f"{counted}{place}", quiet=quiet)


def _row(row: dict) -> list:
    """Degrees to a hundredth of an arcsec, separations to a thousandth."""
    digits = {"ra": 6, "dec": 6, "separation": 3}
    return [f"{value:.{digits[name]}f}" if name in digits else value for name, value in row.items()]
