"""``tuningfork train votes``: a model that foretells what people would say of each question of a tree."""

from typing import Annotated

import typer

from tuningfork.cli._console import keeps, note
from tuningfork.cli._options import Bands, CollectionPath, Debug, Json, Quiet, comma_list
from tuningfork.cli.train._options import (
    Backbone,
    Batch,
    Epochs,
    Fold,
    Out,
    Rate,
    Seed,
    Size,
    Split,
    SplitColumn,
    Start,
    tell_training,
)

__all__ = ["votes"]


def votes(
    path: CollectionPath,
    out: Out,
    tree: Annotated[
        str,
        typer.Option("--tree", metavar="NAME", help="A decision tree, see: tuningfork labels; or a file."),
    ] = "gz2",
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Which columns: count, fraction, weighted_fraction, debiased, cumulative."
        ),
    ] = None,
    people: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="How many people looked: fractions become counts by it."),
    ] = None,
    binary: Annotated[
        str | None,
        typer.Option(
            "--binary",
            metavar="SCHEME",
            help="Yes-or-no labels of questions instead: doherty2024:all, doherty2024:q0, gz2:t03_bar.",
        ),
    ] = None,
    recipe: Annotated[str, typer.Option(metavar="NAME", help="As for train morphology.")] = "lvm",
    backbone: Backbone = None,
    start: Start = None,
    split: Split = None,
    split_column: SplitColumn = None,
    fold: Fold = None,
    size: Size = None,
    epochs: Epochs = None,
    batch: Batch = None,
    rate: Rate = None,
    seed: Seed = None,
    bands: Bands = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a network to foretell the votes for every question of a decision tree.

    From counts of votes by a Dirichlet-multinomial for each question, from fractions by regression; with
    --binary the largest answer of each question is learnt, several questions at once.

    Example: tuningfork train votes galaxies --tree gz2 --people total_classifications --out runs/votes
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.morphology.recipes import recipe_named
    from tuningfork.tasks.morphology.votes_training import train_votes

    changed = recipe_named(recipe).changed(
        backbone=backbone, start=start, size=size, epochs=epochs, batch=batch, rate=rate, seed=seed
    )
    with keeps(f"The state is kept in {out}; the same command goes on from there"):
        train_votes(
            Collection.open(path),
            tree,
            changed,
            out,
            name=recipe,
            kind=kind,
            people=people,
            binary=binary,
            split=split,
            split_column=split_column,
            fold=fold,
            bands=comma_list(bands),
            quiet=quiet,
            say=lambda line: note(line, quiet=quiet),
        )
    tell_training(out, as_json, quiet)
