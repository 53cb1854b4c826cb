"""``tuningfork explain``: where networks look, and how their features lie."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuningfork.cli._console import emit, note
from tuningfork.cli._files import check_drawing, check_picture
from tuningfork.cli._given import refuse
from tuningfork.cli._options import Debug, Json, Plane, Quiet, new_app
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["app"]

app = new_app()

_MOST = 3_000  # marks in a plane


@app.command(no_args_is_help=True)
def explain(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A model, a run's folder, or with --label an encoder.", show_default=False
        ),
    ],
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A collection's folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture.")],
    galaxy: Annotated[
        list[str] | None,
        typer.Option("--galaxy", metavar="ID", help="Whose Grad-CAM to draw; may be given again."),
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option("--beside", metavar="MODEL", help="Another network, in the next row."),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option("--examples", min=1, metavar="N", help="Draw N galaxies of each class of --label."),
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="What speaks for it; else for what is said.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="COLUMN", help="True classes: for captions, colours and probes."),
    ] = None,
    plane: Annotated[
        Plane | None,
        typer.Option("--plane", help="Draw features before the last layer in a plane, as SVG, instead."),
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", min=10, max=20_000, metavar="N", help="Galaxies in the plane.")
    ] = _MOST,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the draw and the layout.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show where networks look, or a map of their features.

    An encoder is asked through a linear probe that learns --label from its stored vectors. Networks of any
    families stand in one picture, a row each: --beside.

    Example: tuningfork explain lvm-tiny galaxies --label kind --galaxy g01 --galaxy g02 --out look.png
    """
    if (plane is not None) + bool(galaxy) + (examples is not None) != 1:
        raise UsageError("name galaxies with --galaxy ID, --examples N of each class, or --plane tsne")
    if examples is not None and label is None:
        raise UsageError("--examples draws by class", remedy="Give --label COLUMN")
    if plane is not None:
        refuse({"--beside": beside, "--class": class_name}, "a plane is of one network and of all classes")
        check_drawing(out)
    kind = "svg" if plane is not None else check_picture(out)
    from tuningfork.collection import Collection
    from tuningfork.files import write_atomically
    from tuningfork.tasks.explaining import open_explained

    collection = Collection.open(path)
    asked = [open_explained(name, collection, label) for name in (model, *(beside or ()))]
    made: dict[str, Any] = {"out": out, "classes": list(asked[0].classes)}
    if plane is None:
        ids = galaxy or _examples(asked[0].classes, collection, str(label), examples or 1, seed)
        write_atomically(out, _sheet(asked, collection, ids, class_name, label, kind))
        made["galaxies"] = ids
    else:
        from tuningfork.tasks.explaining import features_picture

        picture, made["galaxies"] = features_picture(
            asked[0], collection, label, method=plane.value, sample=sample, seed=seed
        )
        write_atomically(out, picture)
    note(f"picture: {out}", quiet=quiet)
    if as_json:
        emit(made)


def _examples(
    classes: tuple[str, ...], collection: "Collection", label: str, each: int, seed: int
) -> list[str]:
    from tuningfork.tasks.explaining import examples_of_classes
    from tuningfork.tasks.features import texts_of

    rows = examples_of_classes(texts_of(collection, label), classes, each, seed=seed)
    return [str(galaxy) for galaxy in collection.ids(rows)]


def _sheet(
    asked: list,
    collection: "Collection",
    ids: list[str],
    class_name: str | None,
    label: str | None,
    kind: str,
) -> bytes:
    from tuningfork.images import encode_picture
    from tuningfork.tasks.explaining import comparison_sheet
    from tuningfork.tasks.features import texts_of

    labels = texts_of(collection, label) if label else None
    return encode_picture(comparison_sheet(asked, collection, ids, kind=class_name, labels=labels), kind=kind)
