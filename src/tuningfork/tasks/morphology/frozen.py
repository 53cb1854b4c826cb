"""A model from a frozen encoder in seconds: its stored vectors, labels, and a linear layer behind it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError, TuningforkError, UnknownNameError, UsageError
from tuningfork.labels.coded import Coded, coded
from tuningfork.tasks.morphology.parts import class_column, only_classes, without_flagged

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["train_head"]

_MOST = 20_000  # labelled galaxies that a layer learns from
_FEWEST = 10


def train_head(
    collection: "Collection",
    label: str,
    out: str | Path,
    *,
    encoder: str | None = None,
    labels: np.ndarray | None = None,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Make a model of an encoder and a logistic regression on its stored vectors.

    The model learns from all labelled galaxies. Temperature, thresholds and numbers come from up to five
    folds, of which each is judged by a layer that did not see it; so few labels are enough. A fold is judged
    at the temperature of the others; the model keeps that of all.

    Parameters
    ----------
    label : str
        The column of classes, or what to call ``labels``.
    out : path
        The run's folder.
    encoder : str, optional
        Whose stored vectors; the newest by default.
    labels : ndarray, optional
        (N,) classes of all rows instead of the column, as text.
    classes : sequence of str, optional
        Only these.

    Returns
    -------
    Path
        The run's folder with ``model.safetensors``, ``predictions.parquet`` (out of fold), ``metrics.json``
        and ``run.toml``.

    Raises
    ------
    DataError
        Fewer than ten labelled galaxies have a vector, or a class has one.
    EmbeddingError
        There are no such vectors.
    UsageError
        The vectors are averages of views or of chosen bands, the encoder cannot be kept in a model, or the
        run is finished.
    """
    from tuningfork.embeddings import load_embeddings
    from tuningfork.evaluation.calibration import tempered_across
    from tuningfork.tasks.linear_head import fit_linear, headed
    from tuningfork.tasks.morphology.combining import Member
    from tuningfork.tasks.morphology.deciding import too_few_for_sets
    from tuningfork.tasks.morphology.familiarising import familiarity_out_of_fold
    from tuningfork.tasks.morphology.finishing import calibrated
    from tuningfork.tasks.morphology.model import Model
    from tuningfork.tasks.morphology.model_file import save_model
    from tuningfork.tasks.morphology.out_of_fold import Told, write_out_of_fold
    from tuningfork.training import RunFolder

    out, chosen = Path(out), _encoder_of(collection, encoder)
    built = _built(chosen)
    found = coded(class_column(collection, label) if labels is None else labels)
    found = without_flagged(collection, only_classes(found, classes) if classes else found)
    stored = load_embeddings(collection, chosen)
    rows = _rows(collection, found, stored.present, seed)
    texts = np.array(found.classes, dtype=object)[found.codes[rows]].astype(str)
    folder = RunFolder(
        out,
        {
            "task": "head",
            "label": label,
            "encoder": chosen.spec.key,
            "classes": list(found.classes),
            "collection": collection.name,
            "galaxies": len(rows),
            "seed": seed,
        },
    )
    X, ids = stored.vectors[rows], np.array([str(i) for i in collection.ids(rows)], dtype=object)
    names, fold, p = _out_of_fold(X, texts, seed)
    layer = fit_linear(X, texts, seed)[1]
    place = {name: number for number, name in enumerate(names)}
    truth = np.array([place[text] for text in texts])
    strange = familiarity_out_of_fold(X, truth, fold)
    model = Model(names, (Member(headed(chosen, layer), names, "", built),), familiarity=strange)
    model, thresholds = calibrated(model, p, truth)
    for line in too_few_for_sets(model.qhat):
        say(line)
    told = Told(names, ids, texts.astype(object), fold, tempered_across(p, truth, fold))
    on = f"out of {int(fold.max()) + 1} folds of the {len(rows):,} galaxies that it learnt from"
    document = write_out_of_fold(out, told, facts={"calibration": {**thresholds, "on": on}}, say=say)
    save_model(out / "model.safetensors", model, _certificate(collection, chosen, label, ids, document, on))
    for line in found.notes:
        say(line)
    folder.finish()
    return out


def _encoder_of(collection: "Collection", name: str | None) -> Any:
    """The encoder of stored vectors, the very one that made them."""
    from tuningfork.embeddings.keys import made_by, resolve_key, split_name
    from tuningfork.encoders import load_encoder

    key = resolve_key(collection, name)
    _, bands, views = split_name(key)
    if bands or views > 1:
        raise UsageError(
            f"the vectors {key} are of {'chosen bands' if bands else 'several views'}; a model sees one view "
            "of the usual bands",
            remedy="Name plain vectors with --encoder",
        )
    told = collection.vector_table(key).metadata
    encoder = load_encoder(made_by(told))
    if encoder.spec.key != key:
        raise UsageError(
            f"the encoder '{made_by(told)}' has changed since it made the vectors {key}",
            remedy=f"Make them anew: tuningfork embed {collection.path} --encoder {made_by(told)}",
        )
    return encoder


def _built(encoder: Any) -> dict[str, Any]:
    """What it takes to build the encoder's network again, for the model's file."""
    from tuningfork.encoders.trainable import new_network
    from tuningfork.encoders.weights_file import read_certificate

    name = encoder.spec.name
    try:
        if name.startswith("file:"):
            told = read_certificate(Path(name.removeprefix("file:")))
            return {"network": told["network"], "shape": told["shape"]}
        if name.startswith("imagenet:"):
            name = f"timm:tf_{name.removeprefix('imagenet:').replace('-', '_')}"
        return new_network(name.removesuffix(":untrained"))[2]
    except UnknownNameError as error:
        raise UsageError(
            f"the encoder '{encoder.spec.name}' cannot be kept in a model's file",
            remedy="Take vectors of lvm-tiny, imagenet:NAME, timm:NAME or file:PATH with --encoder",
        ) from error


def _rows(collection: "Collection", labels: Coded, present: np.ndarray, seed: int) -> np.ndarray:
    rows = np.flatnonzero(present & (labels.codes >= 0))
    counts = np.bincount(labels.codes[rows], minlength=len(labels.classes)).tolist()
    for name, count in zip(labels.classes, counts, strict=True):
        if count < 2:
            raise DataError(
                f"class '{name}' has {count or 'no'} example{'s' * (count != 1)} with a vector",
                where=collection.name,
                remedy="Label more, or leave it out with --classes",
            )
    if len(rows) < _FEWEST or len(counts) < 2:
        raise DataError(
            f"{len(rows)} labelled galaxies of {len(counts)} classes have a vector; a head needs {_FEWEST} "
            "of two classes",
            where=collection.name,
        )
    return np.sort(np.random.default_rng(seed).permutation(rows)[:_MOST])


def _out_of_fold(
    X: np.ndarray, labels: np.ndarray, seed: int
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Classes, the fold of each galaxy, and the probabilities (n, K) by a layer that did not see it."""
    import torch

    from tuningfork.evaluation.probe import folds
    from tuningfork.tasks.linear_head import fit_linear

    names = tuple(np.unique(labels).tolist())
    fold, p = np.zeros(len(labels), np.int64), np.zeros((len(labels), len(names)))
    for number, (learn, judge) in enumerate(folds(labels, seed).split(X, labels)):
        fold[judge] = number
        own, count = np.unique(labels[learn], return_counts=True)
        kept = learn[np.isin(labels[learn], own[count > 1])]  # two members each, as a layer needs
        told, layer = fit_linear(X[kept], labels[kept], seed)
        columns = [names.index(name) for name in told]
        with torch.inference_mode():
            shares = layer(torch.from_numpy(np.asarray(X[judge], np.float32))).double().softmax(1).numpy()
        p[np.ix_(judge, columns)] = shares
    return names, fold, p


def _certificate(
    collection: "Collection", encoder: Any, label: str, ids: np.ndarray, document: dict[str, Any], on: str
) -> dict[str, Any]:
    from tuningfork.encoders import weights_info
    from tuningfork.tasks.morphology.model_file import ids_hash

    try:
        licence = str(weights_info(encoder.spec.name).get("licence", "as the encoder's weights"))
    except TuningforkError:
        licence = "as the encoder's weights"
    told: dict[str, Any] = {
        "licence": licence,
        "data": {"collection": collection.name, "galaxies": len(ids), "ids_sha256": ids_hash(ids)},
        "split": {},
        "evaluation": {
            "out_of_fold": {k: v["value"] for k, v in document["judged"]["test"].items()},
            "on": on,
        },
        "label": label,
        "frozen": encoder.spec.key,
    }
    if collection.manifest.pixels == "flux":
        told["stretches"] = [dict(collection.manifest.stretch)]
    return told
