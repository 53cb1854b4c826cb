"""``tuningfork pretrain``: make an encoder from unlabelled galaxies."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, note
from tuningfork.cli._options import Bands, Debug, Json, Quiet, comma_list, new_app
from tuningfork.errors import UsageError
from tuningfork.extras import require

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def pretrain(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Collections, or what one can be made from; labels are not read.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run's folder.")],
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Network, sizes and length of the training.")
    ] = "lvm-tiny",
    objective: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the network learns to do, instead of the preset's."),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(metavar="ENCODER", help="Whose embeddings to learn, with distillation.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="ENCODER", help="Begin with its numbers; it is the same network.")
    ] = None,
    views: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What may change between views, as sky-full; the objective's own."),
    ] = None,
    crops: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Small crops beside the two views, for self-distillation."),
    ] = None,
    crop_size: Annotated[
        int | None,
        typer.Option("--crop-size", metavar="PIXELS", help="Their side; half of a view's when not given."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="How often each galaxy is seen, instead of the preset's.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Galaxies in a batch, on all devices together.")
    ] = None,
    accumulate: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Make one step of the gradients of K batches.")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="X", help="The learning rate at its height, instead of the preset's."),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="NAME", help="auto, bf16 or fp32, instead of the preset's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of all that is drawn at random.")] = None,
    leave_out: Annotated[
        str | None,
        typer.Option("--leave-out", metavar="COLUMN=VALUE", help="Galaxies to keep away, as split=val."),
    ] = None,
    bands: Bands = None,
    devices: Annotated[
        str, typer.Option(metavar="N", help="How many GPUs, or processes without one; auto takes every GPU.")
    ] = "1",
    accelerator: Annotated[
        str, typer.Option(metavar="KIND", help="auto, cpu, cuda or mps; auto is a GPU where there is one.")
    ] = "auto",
    compiled: Annotated[
        bool, typer.Option("--compile", help="Let torch compile the network, where there is a compiler.")
    ] = False,
    keep_every: Annotated[
        float, typer.Option("--keep-every", min=0, metavar="MINUTES", help="Between checkpoints.")
    ] = 10.0,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Pre-train an encoder on unlabelled galaxies.

    The weights end in RUN/weights.safetensors. Started again, a run goes on from its last checkpoint.

    Example: tuningfork pretrain galaxies --out runs/mine --leave-out split=val
    """
    require("lightning")
    require("lightly")
    from tuningfork.tasks.pretrain import pretrain as run_pretrain
    from tuningfork.training import in_first_process

    left_out = _pair(leave_out) if leave_out else None
    with keeps(f"The state is kept in {out}; the same command goes on from there"):
        weights = run_pretrain(
            sources,
            out,
            preset=preset,
            objective=objective,
            teacher=teacher,
            start=start,
            views=views,
            crops=crops,
            crop_size=crop_size,
            epochs=epochs,
            batch=batch,
            accumulate=accumulate,
            rate=rate,
            precision=precision,
            seed=seed,
            leave_out=left_out,
            bands=comma_list(bands),
            devices=devices,
            accelerator=accelerator,
            keep_every=keep_every,
            compiled=compiled,
            quiet=quiet,
            say=lambda line: note(line, quiet=quiet),
        )
    if not in_first_process():
        return
    if as_json:
        emit({"run": out, "weights": weights})
    else:
        note(f"weights: {weights}; use them as --encoder file:{weights}", quiet=quiet)


def _pair(text: str) -> tuple[str, str]:
    column, _, value = text.partition("=")
    if not (column and value):
        raise UsageError(f"'{text}' is not COLUMN=VALUE", where="--leave-out")
    return column, value
