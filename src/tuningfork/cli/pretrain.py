"""``tuningfork pretrain``: make an encoder from unlabelled galaxies."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note
from tuningfork.cli._options import Debug, Json, Quiet, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def pretrain(
    collections: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="One collection or more; labels are not read.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="RUN", help="The run folder; an unfinished run in it goes on.")
    ],
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Network, sizes and length: lvm-tiny or lvm-tiny-quick.")
    ] = "lvm-tiny",
    objective: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the network learns to do, if not the preset's.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="How long, if not as the preset.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Another start of all chances.")] = None,
    leave_out: Annotated[
        str | None,
        typer.Option("--leave-out", metavar="COLUMN=VALUE", help="Galaxies to leave out, as split=val."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Pre-train an encoder on unlabelled galaxies.

    The weights end in RUN/weights.safetensors; use them as --encoder file:RUN/weights.safetensors.

    Example: tuningfork pretrain galaxies --out runs/mine
    """
    from tuningfork.collection import Collection
    from tuningfork.errors import UsageError
    from tuningfork.tasks.pretrain import pretrain as run_pretrain

    column, equals, value = (leave_out or "").partition("=")
    if leave_out and not (column and equals):
        raise UsageError(f"--leave-out wants COLUMN=VALUE, not {leave_out!r}")
    with keeps(f"The last epoch is kept; the same command goes on from it in {out}"):
        weights = run_pretrain(
            [Collection.open(path) for path in collections],
            out,
            preset=preset,
            objective=objective,
            epochs=epochs,
            seed=seed,
            leave_out=(column, value) if leave_out else None,
            quiet=quiet,
        )
    if as_json:
        emit({"run": str(out), "weights": str(weights), "encoder": f"file:{weights}"})
    else:
        note(f"run finished; use it as --encoder file:{weights}", quiet=quiet)
