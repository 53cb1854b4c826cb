"""Check a collection for what spoils a sample."""

from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet

__all__ = ["check"]


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
