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
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run folder.")],
    objective: Annotated[
        str, typer.Option(metavar="NAME", help="What the network learns to do.")
    ] = "contrastive",
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Size and length of the training.")
    ] = "lvm-tiny",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is in RUN.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Pre-train an encoder on unlabelled galaxies.

    The weights end in RUN/weights.safetensors.

    Example: tuningfork pretrain galaxies --out runs/mine
    """
    from tuningfork.tasks.pretrain import pretrain as run_pretrain

    with keeps(f"The last checkpoint is kept; go on with: tuningfork pretrain ... --out {out} --resume"):
        report = run_pretrain(
            collections, objective=objective, preset=preset, out=out, resume=resume, quiet=quiet
        )
    if as_json:
        emit(report)
    else:
        note(f"run finished: {out}", quiet=quiet)
