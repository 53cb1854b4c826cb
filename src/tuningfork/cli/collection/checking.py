"""Check a collection for what spoils a sample."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName

__all__ = ["check"]


def check(
    path: CollectionPath,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Look for the same galaxies there as well; again for more."),
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Find galaxies in two parts of this split."),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Find doubtful labels; needs embeddings."),
    ] = None,
    encoder: StoredName = None,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Write the flags into the collection; nothing is deleted.")
    ] = False,
    flag_only: Annotated[
        str | None, typer.Option(metavar="a,b,...", help="With --quarantine: write only these kinds.")
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Also write a page with pictures.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look for damaged, doubled, badly framed and badly labelled galaxies.

    Example: tuningfork collection check galaxies --report faults.html
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.doctor import check_collection, write_report

    collection, others = Collection.open(path), [Collection.open(other) for other in against or ()]
    with keeps("No flag was changed; run the same command again"):
        report = check_collection(
            collection,
            against=others,
            split_column=split_column,
            label_column=label_column,
            encoder=encoder,
            quarantine=quarantine,
            flag_only=[kind.strip() for kind in flag_only.split(",")] if flag_only else (),
            quiet=quiet,
        )
        if report_file is not None:
            write_report(report, collection, report_file, against=others)
    for remark in report.notes:
        note(remark, quiet=quiet)
    if as_json:
        emit({"galaxies": report.galaxies, "flags": report.flags, "found": report.to_records()})
        return
    if report.findings:
        table(("id", "flag", "detail"), report.found)
    counts = ", ".join(f"{count:,} {flag}" for flag, count in report.flags.items()) or "nothing to report"
    note(f"{report.galaxies:,} galaxies checked: {counts}", quiet=quiet)
    if report_file is not None:
        note(f"report: {report_file}", quiet=quiet)
