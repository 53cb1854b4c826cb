"""What the commands of ``tuningfork train`` share: their options, and what they say in the end."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import emit, note

__all__ = [
    "Backbone",
    "Batch",
    "Classes",
    "Epochs",
    "Fold",
    "Label",
    "Out",
    "Rate",
    "Seed",
    "Session",
    "Size",
    "Split",
    "SplitColumn",
    "Start",
    "tell_training",
]

Out = Annotated[Path, typer.Option("--out", metavar="RUN", help="The run's folder.")]
Backbone = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Another network than the recipe's, by its paper's name, as resnet34; timm:NAME."
    ),
]
Start = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What to begin with: imagenet, none, or an encoder of that network."),
]
Size = Annotated[
    int | None, typer.Option(min=16, max=1024, metavar="PIXELS", help="Side of what the network sees.")
]
Epochs = Annotated[
    float | None, typer.Option(min=0.01, help="Passes through the galaxies, instead of the recipe's.")
]
Batch = Annotated[int | None, typer.Option(min=2, metavar="N", help="Galaxies in a batch.")]
Rate = Annotated[float | None, typer.Option(min=1e-9, metavar="X", help="The learning rate at its height.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Of all that is drawn at random.")]
Split = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Parts or folds, of: tuningfork labels split.")
]
SplitColumn = Annotated[
    str | None,
    typer.Option("--split-column", metavar="NAME", help="The column that says train, val and test."),
]
Label = Annotated[
    str | None,
    typer.Option("--label", metavar="COLUMN", help="The column of classes; of a session in steps, the step."),
]
Classes = Annotated[str | None, typer.Option(metavar="A,B,...", help="Only these classes.")]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar="NAME", help="Learn from what people said in this session."),
]
Fold = Annotated[int | None, typer.Option(min=0, metavar="I", help="Which fold of a file validates.")]


def tell_training(out: Path, as_json: bool, quiet: bool) -> None:
    """Print the numbers of a finished run as JSON, or say where its model is and how it is used."""
    import json

    if as_json:
        emit({"run": out, **json.loads((out / "metrics.json").read_text())})
    elif not (out / "model.safetensors").exists():
        note(
            f"predictions of every galaxy: {out}/predictions.parquet; see: tuningfork report {out}",
            quiet=quiet,
        )
    else:
        note(
            f"model: {out}/model.safetensors; use it: tuningfork predict DIR --model {out} --out FILE",
            quiet=quiet,
        )
