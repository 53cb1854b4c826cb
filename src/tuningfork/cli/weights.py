"""``tuningfork weights``: which encoders and models there are, where their weights come from, whether they
are whole; their other forms."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, note, table
from tuningfork.cli._options import Debug, Json, Quiet, new_app
from tuningfork.errors import WeightsError

__all__ = ["app"]

app = new_app("List, describe, verify and convert encoders and models.")

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="An encoder or a model, as lvm-tiny or file:PATH.safetensors."),
]


@app.command("list")
def list_all(as_json: Json = False, debug: Debug = False) -> None:
    """List the encoders that can be named, and the models that tell classes.

    Example: tuningfork weights list
    """
    from tuningfork.encoders import list_encoders
    from tuningfork.tasks.morphology.shelf import list_models

    encoders, models = list_encoders(), list_models()
    if as_json:
        emit({"encoders": encoders, "models": models})
        return
    table(("encoder", "what it is"), encoders.items())
    if models:
        table(("model", "what it is"), models.items())


@app.command(no_args_is_help=True)
def info(name: Name, as_json: Json = False, debug: Debug = False) -> None:
    """Show the birth certificate of an encoder's weights or of a model.

    What they were trained on and how, with which licence and credits, how good they are, which stamps they
    take and what is made of those first. Of encoders that are not ours, the last two.

    Example: tuningfork weights info lvm-tiny
    """
    from tuningfork.encoders import weights_info
    from tuningfork.tasks.morphology.shelf import ANSWERING, is_model, model_info

    certificate = model_info(name) if is_model(name, ANSWERING) else weights_info(name)
    if as_json:
        emit(certificate)
    else:
        table(("what", "value"), _lines(certificate))


@app.command(no_args_is_help=True)
def verify(name: Name, as_json: Json = False, debug: Debug = False) -> None:
    """Check that weights are whole and embed, or predict, as they did when they were made.

    Ends with 3 when they are not.

    Example: tuningfork weights verify lvm-tiny
    """
    from tuningfork.encoders import verify_weights
    from tuningfork.tasks.morphology.shelf import ANSWERING, is_model, verify_model

    found = verify_model(name) if is_model(name, ANSWERING) else verify_weights(name)
    if as_json:
        emit(found)
    elif found["whole"]:
        table(("name", "weights", "file"), [(found["name"], "whole", found["path"])])
    if not found["whole"]:
        raise WeightsError(f"these weights cannot be trusted: {found['problem']}")


@app.command(no_args_is_help=True)
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An encoder, see: tuningfork weights list.")],
    out: Annotated[Path, typer.Option("--to", metavar="FILE.onnx", help="Where to write it.")],
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write an encoder as ONNX, with its preprocessing inside.

    The file is checked against the encoder before it counts as written; --encoder onnx:FILE.onnx uses it.

    Example: tuningfork weights export lvm-tiny --to lvm-tiny.onnx
    """
    from tuningfork.encoders.export import export_onnx

    done = export_onnx(name, out)
    if as_json:
        emit(done)
    else:
        note(
            f"{out}: {done['bytes']:,} bytes, at most {done['largest_difference']:.1g} from {name}",
            quiet=quiet,
        )


@app.command(no_args_is_help=True)
def convert(
    checkpoint: Annotated[
        Path,
        typer.Argument(metavar="CKPT.pth", help="A checkpoint of Songyu1026/LVM, the paper's code."),
    ],
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="The network of ours that it is: lvm-base.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE.safetensors", help="Where to write it; beside the checkpoint by default."
        ),
    ] = None,
    pooling: Annotated[
        str,
        typer.Option(
            "--pooling",
            metavar="mean|public",
            help="What the embedding is: the mean of all tokens, or the 768 numbers of the public code.",
        ),
    ] = "mean",
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert a checkpoint of the paper's public code into weights of ours.

    It paints and embeds as the public network does. Only tensors are read of the file, never code, and every
    one is accounted for; --encoder file:FILE.safetensors uses the result.

    Example: tuningfork weights convert best_checkpoints.pth --as lvm-base --out fu2024.safetensors
    """
    from tuningfork.encoders.conversion import convert_checkpoint

    done = convert_checkpoint(checkpoint, name, out, pooling=pooling)
    if as_json:
        emit(done)
    else:
        note(
            f"{done['path']}: {done['used']} tensors taken, {done['constants']} constants right, "
            f"{done['idle']} of layers that never run left out; --encoder file:{done['path']} uses it",
            quiet=quiet,
        )


@app.command(no_args_is_help=True)
def take(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a pre-training.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.safetensors", help="Where to write it; into RUN by default."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take the weights of a pre-training that has not ended, from its last checkpoint.

    For a run that was stopped by a loss that is no number, or for a look at one that goes on.

    Example: tuningfork weights take runs/mine
    """
    from tuningfork.tasks.pretrain_weights import take_weights

    done = take_weights(run, out)
    if as_json:
        emit(done)
    else:
        note(
            f"{done['path']}: after {done['batches']:,} batches; --encoder file:{done['path']} uses it",
            quiet=quiet,
        )


def _lines(certificate: dict[str, Any], inside: str = "") -> list[tuple[str, Any]]:
    """A nested certificate as (dotted name, value) pairs; long lists are only counted."""
    lines: list[tuple[str, Any]] = []
    for key, value in certificate.items():
        if isinstance(value, dict):
            lines.extend(_lines(value, f"{inside}{key}."))
        elif isinstance(value, list) and len(value) > 8:
            lines.append((inside + key, f"{len(value)} values"))
        else:
            lines.append((inside + key, ", ".join(map(str, value)) if isinstance(value, list) else value))
    return lines
