"""Whom one asks for reasons: a trained model, or an encoder with a linear probe behind it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.encoders.contract import Encoder
from tuningfork.errors import DataError, UnknownNameError, UsageError

__all__ = ["Explained", "open_explained", "probe_of"]

_REMEDY = "Of an encoder, give --label COLUMN: a linear probe on its vectors then tells the classes"
_LEAST = 1e-12
_MOST_LEARNT = 20_000  # labelled galaxies that a probe learns from


@dataclass(frozen=True)
class Explained:
    """A network whose outputs are classes.

    Parameters
    ----------
    name : str
        As a picture or a page calls it.
    classes : tuple of str
        In the order of the outputs.
    encoder : Encoder
        Its embedding are the outputs (n, K).
    gives : {"logits", "probabilities"}
        What the outputs are.
    among : int, optional
        Where nobody names a class, the likeliest of the first so many is explained: of votes the answers of
        the first question.
    temperature : float
        What outputs that are probabilities still have to go through.
    """

    name: str
    classes: tuple[str, ...]
    encoder: Encoder
    gives: str = "logits"
    among: int | None = None
    temperature: float = 1.0

    def probabilities(self, outputs: Any) -> Any:
        """Outputs (n, K) of the network as the probabilities that the model says."""
        if self.gives != "probabilities":
            return outputs.softmax(1)
        if self.temperature == 1:
            return outputs
        return (outputs.clamp_min(_LEAST).log() / self.temperature).softmax(1)

    def number(self, name: str) -> int:
        """The number of a class; `UsageError` for one that it does not know."""
        if name not in self.classes:
            known = ", ".join(self.classes)
            raise UsageError(f"'{name}' is no class of {self.name}", remedy=f"Its classes are: {known}")
        return self.classes.index(name)


def open_explained(name: str, collection: Any = None, label: str | None = None) -> Explained:
    """The model of that name or file, of a run's folder, or an encoder with a probe.

    Parameters
    ----------
    name : str
        A model as `tuningfork predict` takes it, a run's folder that holds one or a network of votes, or an
        encoder.
    collection : Collection, optional
        For an encoder: the galaxies that its probe learns from, with this encoder's vectors.
    label : str, optional
        Their column of classes; with it the name means an encoder.

    Raises
    ------
    UsageError
        There is no such model, and no label column was given to make an encoder tell classes.
    WeightsError
        The model's file is damaged or missing.
    """
    from tuningfork.tasks.explaining.votes import explained_votes
    from tuningfork.tasks.morphology import shelf
    from tuningfork.tasks.morphology.model import Model

    trained = Path(name).is_dir() or shelf.is_model(name, ("model", "votes"))
    if label is not None and collection is not None and not trained:
        return probe_of(name, collection, label)
    try:
        model = shelf.load_predictor(name)
    except UnknownNameError as error:
        raise UsageError(error.what, remedy=_REMEDY) from error
    if not isinstance(model, Model):
        return explained_votes(model)
    name, classes = model.name, tuple(model.classes)
    return Explained(name, classes, model.encoder, "probabilities", temperature=model.temperature)


def probe_of(encoder: Any, collection: Any, label: str, *, seed: int = 0) -> Explained:
    """An encoder with a linear probe that was fitted to the stored vectors of labelled galaxies.

    The standardisation of the vectors is taken into the layer, so that one gradient goes through all.

    Raises
    ------
    DataError
        Too few labelled galaxies with a vector.
    EmbeddingError
        There are no vectors of this encoder.
    """
    from tuningfork.embeddings import load_embeddings
    from tuningfork.embeddings.keys import as_encoder
    from tuningfork.tasks.features import texts_of
    from tuningfork.tasks.linear_head import fit_linear, headed

    labels = texts_of(collection, label)
    encoder = as_encoder(encoder)
    stored = load_embeddings(collection, encoder)
    names, counts = np.unique(labels[stored.present], return_counts=True)
    known = [name for name, n in zip(names, counts, strict=True) if name != "" and n > 1]
    rows = np.flatnonzero(stored.present & np.isin(labels, known))
    if len(known) < 2:
        raise DataError(
            f"of the galaxies with a vector, {len(known)} values of '{label}' have two members or more",
            where=collection.name,
        )
    rows = np.random.default_rng(seed).permutation(rows)[:_MOST_LEARNT]
    classes, layer = fit_linear(stored.vectors[rows], labels[rows].astype(str), seed)
    return Explained(encoder.spec.name, classes, headed(encoder, layer))
