"""``tuningfork embeddings``: vectors, taken out for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, note
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app

__all__ = ["app"]

app = new_app("Take embeddings out for other tools.")


@app.callback()
def _group() -> None:
    """Take embeddings out for other tools."""


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
