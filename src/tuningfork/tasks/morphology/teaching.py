"""Trained models as teachers: what they say of galaxies without labels, for another one to learn from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.embeddings.filling import Running
from tuningfork.errors import DataError, UsageError
from tuningfork.tasks.classification.taught import Taught
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.shelf import load_model

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["taught_by", "without_label"]

_VIEWS = 4  # turned and mirrored ones, whose probabilities are averaged


def without_label(collection: "Collection", labelled: np.ndarray, others: Sequence["Collection"]) -> Any:
    """Collections and rows that may be taught: all of the others, and those without a label of the same one.

    Parameters
    ----------
    collection : Collection
    labelled : ndarray
        (N,) whether a row has a label, of whatever class.
    others : sequence of Collection
        The labelled one may be among them. Galaxies in quarantine are left out.

    Returns
    -------
    list of (Collection, ndarray)
    """
    found = []
    for other in others:
        wanted = ~other.flagged()
        if other.path.resolve() == collection.path.resolve():
            wanted &= ~labelled
        if not wanted.any():
            raise DataError("it has no galaxy without a label", where=f"--unlabelled {other.name}")
        found.append((other, np.flatnonzero(wanted)))
    return found


def taught_by(
    teachers: Sequence[str | Path | Model],
    galaxies: "Sequence[tuple[Collection, np.ndarray]]",
    *,
    flips: bool = True,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Taught:
    """Ask teachers of every galaxy; the mean of their calibrated probabilities is what is taught.

    Self-training with soft labels (Xie et al. 2020, noisy student; Hinton et al. 2015, distillation): the
    teachers see clean stamps, the one that learns sees augmented views. What they say is kept with each
    collection, as `predict` keeps it.

    Parameters
    ----------
    teachers : sequence of Model, str or Path
        Of one set of classes.
    galaxies : sequence of (Collection, ndarray)
        With the rows that are wanted.
    flips : bool
        Whether turned and mirrored views may stand for a galaxy too.
    say : callable
        Gets a line for the reader now and then.

    Raises
    ------
    UsageError
        No teacher, or teachers of different classes.
    DataError
        Not one stamp can be read.
    """
    if not teachers:
        raise UsageError("galaxies without labels want a teacher", remedy="Name a model with --teacher")
    models = [each if isinstance(each, Model) else load_model(each) for each in teachers]
    classes = models[0].classes
    for model in models[1:]:
        if set(model.classes) != set(classes):
            raise UsageError(f"'{models[0].name}' and '{model.name}' tell different classes apart")
    running = Running(views=_VIEWS if flips else 1, quiet=quiet)
    collections, rows, shares = [], [], []
    for collection, wanted in galaxies:
        said = np.mean([_said(collection, model, wanted, classes, running) for model in models], axis=0)
        read = np.isfinite(said).all(axis=1)
        if not read.all():
            say(f"{int((~read).sum()):,} galaxies of {collection.name} cannot be read and teach nothing")
        collections.append(collection)
        rows.append(wanted[read])
        shares.append(said[read])
    taught = Taught(tuple(collections), tuple(rows), np.concatenate(shares).astype(np.float32), classes)
    if not len(taught):
        raise DataError("not one galaxy without a label can be read", where=collections[0].name)
    counts = np.bincount(taught.shares.argmax(axis=1), minlength=len(classes))
    by_class = ", ".join(f"{name} {count:,}" for name, count in zip(classes, counts, strict=True))
    say(f"taught by {len(models)}: {len(taught):,} galaxies ({by_class})")
    return taught


def _said(
    collection: Any, model: Model, rows: np.ndarray, classes: tuple[str, ...], running: Running
) -> np.ndarray:
    """(n, K) probabilities, with the classes in this order."""
    from tuningfork.tasks.morphology.predicting import predicted

    p, _, _ = predicted(collection, model, rows, running)
    return p[:, [model.classes.index(name) for name in classes]]
