"""``tuningfork search``: the galaxies most like these."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.embeddings import Neighbours

__all__ = ["app"]

app = new_app()

_KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


@app.command(no_args_is_help=True)
def search(
    path: CollectionPath,
    galaxy: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="A galaxy of the collection; may be given again."),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option("--image", metavar="FILE", help="A picture from outside; may be given again."),
    ] = None,
    negative: Annotated[
        list[str] | None,
        typer.Option("--negative", metavar="ID", help="A galaxy to be unlike; may be given again."),
    ] = None,
    k: Annotated[int, typer.Option("-k", "--count", min=1, help="How many to find.")] = 20,
    encoder: StoredName = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE.png", help="Also draw them on one contact sheet.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the galaxies most like the given ones.

    The search is exact, by cosine similarity.

    Example: tuningfork search galaxies --id src_00042 -k 24 --sheet like_42.png
    """
    if not galaxy and not image:
        raise UsageError("nothing to search for", remedy="Give --id ID or --image FILE")
    if sheet is not None and sheet.suffix.lower() not in _KINDS:
        raise UsageError(
            "a contact sheet is a picture", where=str(sheet), remedy=f"End its name in {', '.join(_KINDS)}"
        )
    from tuningfork.collection import Collection
    from tuningfork.embeddings import search as find

    collection = Collection.open(path)
    found = find(
        collection, ids=galaxy or (), images=image or (), negatives=negative or (), encoder=encoder, k=k
    )
    results = found.to_records()
    if sheet is not None:
        _draw(collection, found, sheet)
        note(f"contact sheet: {sheet}", quiet=quiet)
    if as_json:
        emit({"results": results})
    else:
        table(("id", "score"), [(hit["id"], f"{hit['score']:.4f}") for hit in results])


def _draw(collection: "Collection", found: "Neighbours", sheet: Path) -> None:
    """The found galaxies on one picture, best first, in the format of the file's ending."""
    from tuningfork.embeddings import neighbour_sheet
    from tuningfork.files import write_atomically

    write_atomically(sheet, neighbour_sheet(collection, found, kind=_KINDS[sheet.suffix.lower()]))
