"""``tuningfork doctor``: what works on this machine, and what to do about the rest."""

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import Debug, Json, new_app

__all__ = ["app"]

app = new_app()


@app.command()
def doctor(as_json: Json = False, debug: Debug = False) -> None:
    """Say what works on this machine and what is missing.

    Missing things come with the command that mends them.

    Ends with 1 when something that is needed does not work.

    Example: tuningfork doctor
    """
    from tuningfork.cli._checks import examine

    findings = examine()
    if as_json:
        emit({"checks": findings})
    else:
        marks = {True: "works", False: "MISSING"}
        rows = [(f.name, marks[f.works] if f.needed or f.works else "absent", f.detail) for f in findings]
        table(("what", "state", "detail"), rows)
        for finding in findings:
            if not finding.works and finding.remedy:  # below the table, where no fold breaks what is copied
                note(f"{finding.name}: {finding.remedy}")
    if not all(f.works for f in findings if f.needed):
        raise typer.Exit(1)
