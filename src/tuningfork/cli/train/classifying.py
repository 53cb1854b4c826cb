"""``tuningfork train morphology`` and ``head``: models that tell classes of galaxies apart."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import keeps, note
from tuningfork.cli._options import Bands, CollectionPath, Debug, Json, Quiet, StoredName, comma_list
from tuningfork.cli.train._options import (
    Backbone,
    Batch,
    Classes,
    Epochs,
    Fold,
    Label,
    Out,
    Rate,
    Seed,
    Session,
    Size,
    Split,
    SplitColumn,
    Start,
    tell_training,
)
from tuningfork.errors import UsageError

__all__ = ["head", "morphology"]


def morphology(
    path: CollectionPath,
    out: Out,
    label: Label = None,
    recipe: Annotated[
        str,
        typer.Option(metavar="NAME", help="lvm, lite, ma2023, doherty2024; with -cpu a small twin."),
    ] = "lvm",
    hiwl: Annotated[
        str | None,
        typer.Option(
            metavar="A+B,...",
            help="Classes to merge first and part afterwards; auto takes the two most confused.",
        ),
    ] = None,
    backbone: Backbone = None,
    start: Start = None,
    classes: Classes = None,
    split: Split = None,
    split_column: SplitColumn = None,
    fold: Fold = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds",
            min=3,
            max=20,
            metavar="K",
            help="Train K networks; each judges the galaxies it never saw, all together.",
        ),
    ] = None,
    session: Session = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Who says what unlabelled galaxies are; may be given again."),
    ] = None,
    unlabelled: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Galaxies to learn from teachers; may be given again."),
    ] = None,
    size: Size = None,
    epochs: Epochs = None,
    batch: Batch = None,
    rate: Rate = None,
    seed: Seed = None,
    views: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How views are made, as sky-full."),
    ] = None,
    no_flips: Annotated[
        bool, typer.Option("--no-flips", help="Mirror nothing: for classes with a handedness.")
    ] = False,
    bands: Bands = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a classifier on the labelled galaxies of a collection.

    RUN gets the model, predictions of validation and test galaxies, numbers with intervals, and curves.
    Started again, a run goes on from its last checkpoint.

    Example: tuningfork train morphology galaxies --label kind --hiwl EO+CSS --out runs/five
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.morphology.folds import train_folds
    from tuningfork.tasks.morphology.recipes import recipe_named
    from tuningfork.tasks.morphology.training import train_morphology

    if folds is not None and (fold is not None or split_column is not None):
        raise UsageError("--folds goes through all folds, of its own or of --split FILE", where="--folds")

    named = _named(session, label)
    changed = recipe_named(recipe).changed(
        backbone=backbone,
        start=start,
        size=size,
        epochs=epochs,
        second_epochs=epochs,
        batch=batch,
        rate=rate,
        seed=seed,
        views=views,
        flips=False if no_flips else None,
    )
    collection = Collection.open(path)
    labels = _labels_of(collection, session, label)
    how: dict[str, Any] = {
        "name": recipe,
        "labels": labels,
        "classes": comma_list(classes),
        "split": split,
        "hiwl": hiwl,
        "bands": comma_list(bands),
        "quiet": quiet,
        "say": lambda line: note(line, quiet=quiet),
    }
    with keeps(f"The state is kept in {out}; the same command goes on from there"):
        if folds is not None:
            if teacher:
                raise UsageError("a teacher knows labels that folds hold back", where="--folds")
            train_folds(collection, named, changed, out, folds=folds, **how)
        else:
            others = [Collection.open(folder) for folder in unlabelled or ()]
            how |= {"teachers": teacher or (), "unlabelled": others}
            train_morphology(collection, named, changed, out, split_column=split_column, fold=fold, **how)
    tell_training(out, as_json, quiet)


def _named(session: str | None, label: str | None) -> str:
    if label is None and session is None:
        raise UsageError("no labels are named", remedy="Give --label COLUMN or --session NAME")
    return f"session {session}" if session else str(label)


def _labels_of(collection: Any, session: str | None, step: str | None) -> Any:
    """The class of every row by what people said in a session, None where they said none; None without a
    session."""
    import numpy as np

    from tuningfork.labelling import open_session
    from tuningfork.labelling.people.tables import labels_of

    if session is None:
        return None
    opened = open_session(collection, session)
    try:
        said = labels_of(opened, step)
    finally:
        opened.close()
    return np.array([said.get(str(galaxy)) for galaxy in collection.ids()], dtype=object)


def head(
    path: CollectionPath,
    out: Out,
    label: Label = None,
    session: Session = None,
    encoder: StoredName = None,
    classes: Classes = None,
    seed: Seed = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a model of stored vectors and labels in seconds: the encoder, frozen, with a layer behind it.

    What people said in a session becomes a model that predict uses on any collection, without the session.
    Numbers and thresholds come from galaxies that a fold left out.

    Example: tuningfork train head galaxies --session mergers --out runs/mergers
    """
    from tuningfork.collection import Collection
    from tuningfork.tasks.morphology.frozen import train_head

    collection = Collection.open(path)
    labels = _labels_of(collection, session, label)
    train_head(
        collection,
        _named(session, label),
        out,
        encoder=encoder,
        labels=labels,
        classes=comma_list(classes),
        seed=seed or 0,
        say=lambda line: note(line, quiet=quiet),
    )
    tell_training(out, as_json, quiet)
