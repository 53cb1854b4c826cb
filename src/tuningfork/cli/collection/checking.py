"""Check a collection for what spoils a sample."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, galaxies, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, comma_list
from tuningfork.errors import UnknownNameError

__all__ = ["check", "release"]


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
    from tuningfork.files import html_file
    from tuningfork.tasks.doctor import check_collection, write_report

    if report_file is not None:
        html_file(report_file)  # before minutes of looking
    collection, others = Collection.open(path), [Collection.open(other) for other in against or ()]
    with keeps("No flag was changed; run the same command again"):
        report = check_collection(
            collection,
            against=others,
            split_column=split_column,
            label_column=label_column,
            encoder=encoder,
            quarantine=quarantine,
            flag_only=comma_list(flag_only) or (),
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
    note(f"{galaxies(report.galaxies)} checked: {counts}", quiet=quiet)
    if report_file is not None:
        note(f"report: {report_file}", quiet=quiet)


def release(
    path: CollectionPath,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Only this galaxy; again for more.")
    ] = None,
    kinds: Annotated[
        str | None, typer.Option("--kinds", metavar="a,b,...", help="Only these kinds of fault.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take flags of the quarantine away again, of all galaxies or of some.

    Example: tuningfork collection release galaxies --id J1430-0123 --kinds lines
    """
    from tuningfork.collection import Collection
    from tuningfork.collection.quarantine import release as take_away
    from tuningfork.tasks.doctor.kinds import KINDS

    chosen = comma_list(kinds) or ()
    for kind in chosen:
        if kind not in KINDS:
            raise UnknownNameError("kind of fault", kind, KINDS)
    with keeps("No flag was changed"):
        left = take_away(Collection.open(path), ids or (), chosen)
    if as_json:
        emit({"flagged": left})
        return
    note(f"{galaxies(left)} in quarantine now", quiet=quiet)
