"""Train a network to classify: cross-entropy on labelled galaxies."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.labels.weights import class_weights
from tuningfork.tasks.classification.classifier import Classifier
from tuningfork.tasks.classification.learning import learn
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.classification.targets import ClassTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.taught import Taught

__all__ = ["train_classifier"]


def train_classifier(  # noqa: PLR0913 - what is learnt from, how, and where to
    collection: "Collection",
    rows: np.ndarray,
    labels: np.ndarray,
    settings: ClassifierSettings,
    out: str | Path,
    *,
    bands: Sequence[str] | None = None,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    preprocessing: "Preprocessing | None" = None,
    taught: "Taught | None" = None,
    told: dict[str, Any] | None = None,
    quiet: bool = False,
) -> Classifier:
    """Train a network, and the linear layer behind it, on some labelled galaxies.

    Each batch comes from shuffled passes through the galaxies, or is drawn by the galaxies' weights; every
    view is made anew. All galaxies are held in memory as small pictures of bytes.

    Parameters
    ----------
    collection : Collection
    rows, labels : ndarray
        (n,) rows of the collection, and their classes as text.
    settings : ClassifierSettings
    out : path
        The run's folder; the same call goes on from its checkpoint.
    bands : sequence of str, optional
        Which of the collection's bands to take.
    held_out : (ndarray, ndarray), optional
        Rows and labels of further galaxies: after every pass their scores are logged, as an early stop may
        want, and the weights of the best pass are those that come out. Galaxies of a class that is not
        learnt take no part.
    preprocessing : Preprocessing, optional
        That of another network that this one will stand beside; by default scaled to these galaxies.
    taught : Taught, optional
        Galaxies without labels to learn from as well, by what teachers of the same classes say of them.
    told : dict, optional
        What the run's file says besides the settings.

    Returns
    -------
    Classifier
        With the averaged weights, or those of the best pass.

    Raises
    ------
    DataError
        Fewer than two classes, or no galaxy that can be read.
    """
    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"{len(classes)} class is nothing to tell apart", where=collection.name)
    names, weights = tuple(classes.tolist()), None
    if settings.class_weights:
        weights = tuple(class_weights(codes, settings.class_weights).tolist())
    target = ClassTarget(names, settings.smoothing or 0.0, weights, settings.by or "macro_f1")
    learnt = learn(
        collection,
        rows,
        codes,
        target,
        settings,
        out,
        bands=bands,
        held_out=_coded(held_out, names) if held_out else None,
        preprocessing=preprocessing,
        taught=taught,
        told={**(told or {}), "classes": list(names)},
        quiet=quiet,
    )
    return Classifier(names, learnt.network, learnt.half, learnt.left_out, learnt.facts, learnt.kept)


def _coded(held_out: tuple[np.ndarray, np.ndarray], classes: tuple[str, ...]) -> Any:
    """Held-out labels as numbers of the classes."""
    numbers = {name: number for number, name in enumerate(classes)}
    rows, labels = held_out
    codes = np.array([numbers.get(str(label), -1) for label in labels], np.int64)
    return rows[codes >= 0], codes[codes >= 0]
