"""``tuningfork embeddings``: vectors, indexed for large collections and taken out for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, note
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app

__all__ = ["app"]

app = new_app("Index embeddings, or take them out.")


@app.command(no_args_is_help=True)
def export(
    path: CollectionPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.parquet", help="The Parquet file to write.")],
    encoder: StoredName = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write vectors as Parquet: a column `id` and a fixed-size list column `embedding`.

    Example: tuningfork embeddings export galaxies --encoder lvm-tiny --out vectors.parquet
    """
    from tuningfork.collection import Collection
    from tuningfork.embeddings import export_embeddings

    rows = export_embeddings(Collection.open(path), out, encoder=encoder)
    if as_json:
        emit({"file": out, "rows": rows})
    else:
        note(f"{rows:,} vectors written to {out}", quiet=quiet)


@app.command(no_args_is_help=True)
def index(
    path: CollectionPath,
    encoder: StoredName = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Build the search index of a large collection and measure what it finds.

    Searches beyond 1.5 million galaxies go through it, and build it when there is none.

    Example: tuningfork embeddings index galaxies --encoder lvm-tiny
    """
    from tuningfork.collection import Collection
    from tuningfork.embeddings import index_embeddings

    report = index_embeddings(
        Collection.open(path), encoder, quiet=quiet, say=lambda line: note(line, quiet=quiet)
    )
    if as_json:
        emit(report)
        return
    note(
        f"{report.key}: {report.rows:,} vectors indexed in {report.seconds:,.0f} s; a search finds "
        f"{report.recall:.1%} of the 10 nearest (measured on {report.queries} galaxies)",
        quiet=quiet,
    )
