"""A training on labels as one cell of a table: it has a folder while it runs, and leaves none."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.tasks.classification.settings import ClassifierSettings

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification import Classifier

__all__ = ["cell_folder", "settings_in", "told_of", "trained"]

_TOLD = ("network", "size", "seen", "rate", "batch", "seed")


def told_of(settings: ClassifierSettings) -> dict[str, Any]:
    """What a cell says of a training from scratch."""
    return {name: getattr(settings, name) for name in _TOLD}


def settings_in(cell: dict[str, Any]) -> ClassifierSettings:
    """The training that a cell of `told_of` asks for."""
    return ClassifierSettings(**{name: cell[name] for name in _TOLD})


@contextmanager
def cell_folder(out: Path, cell: dict[str, Any]) -> Iterator[Path]:
    """Where the training of a cell stands while it runs.

    The folder goes when the block ends well: it holds hundreds of megabytes that nobody asks for again. A
    training that was cut short goes on from it.
    """
    folder = out / "training" / hashlib.sha256(repr(sorted(cell.items())).encode()).hexdigest()[:12]
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def trained(
    collection: "Collection",
    rows: np.ndarray,
    labels: np.ndarray,
    settings: ClassifierSettings,
    out: Path,
    cell: dict[str, Any],
    **options: Any,
) -> Iterator["Classifier"]:
    """The classifier of a cell, for as long as it is asked; it stands in the folder of `cell_folder`.

    Parameters
    ----------
    collection, rows, labels, settings
        As `train_classifier` takes them.
    out : Path
        The table's folder.
    cell : dict
        Names the training's folder.
    **options
        Of `train_classifier`.
    """
    from tuningfork.tasks.classification import train_classifier

    with cell_folder(out, cell) as folder:
        yield train_classifier(collection, rows, labels, settings, folder, **options)
