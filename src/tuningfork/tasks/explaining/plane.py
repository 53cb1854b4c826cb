"""Features in a plane, each class with its mark: Ma et al. (2023), figure 6."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.svg import INK, QUIET, WIDTH, document, mark, text
from tuningfork.tasks.explaining.asked import Explained

__all__ = ["METHODS", "WORDS", "features_picture", "lay_out", "plane_picture"]

METHODS = ("tsne", "umap", "pca")
WORDS = {"tsne": "t-SNE", "umap": "UMAP", "pca": "Principal components"}
_FEWEST = 10
_COMPONENTS = 50  # to which van der Maaten & Hinton (2008, 4.2) reduce first
_PERPLEXITY = 30.0
_HEIGHT = 620.0


def lay_out(features: np.ndarray, method: str = "tsne", *, seed: int = 0) -> np.ndarray:
    """Places (n, 2) of features (n, D) in a plane.

    ``tsne`` (van der Maaten & Hinton 2008, JMLR 9, 2579; scikit-learn, 50 principal components, perplexity
    30) keeps neighbours together; sizes of groups and distances between them mean little. ``umap`` and
    ``pca`` are those of `tuningfork map`.
    """
    if method not in METHODS:
        raise UnknownNameError("way to lay out", method, METHODS)
    if len(features) < _FEWEST:
        raise UsageError(f"a picture of features needs {_FEWEST} galaxies, not {len(features)}")
    if method != "tsne":
        from tuningfork.embeddings.layouts import new_layout

        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        return new_layout(method, seed).fit(features / np.maximum(lengths, 1e-12))
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if features.shape[1] > _COMPONENTS and len(features) > _COMPONENTS:
        features = PCA(_COMPONENTS, random_state=seed).fit_transform(features)
    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    made = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)
    return np.asarray(made, np.float32)


def plane_picture(
    places: np.ndarray, codes: np.ndarray, classes: Sequence[str], *, title: str, note: str = ""
) -> str:
    """Places as an SVG: one mark a galaxy, colour and shape by class, rare classes on top.

    Parameters
    ----------
    places : ndarray
        (n, 2).
    codes : ndarray
        (n,) int number of the class.
    classes : sequence of str
    title, note : str
        Above, and below in small type.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    spread = np.maximum(high - low, 1e-9)
    legend, top = _legend(codes, classes)
    x = 24 + (places[:, 0] - low[0]) / spread[0] * (WIDTH - 48)
    y = top + 24 + (high[1] - places[:, 1]) / spread[1] * (_HEIGHT - 48)
    counts = np.bincount(codes, minlength=len(classes))
    order = np.argsort(-counts[codes], kind="stable")
    parts = [text(16, 28, title, size=16, weight=600, ink=INK), *legend]
    parts.append('<g opacity="0.8">')
    parts += [mark(float(x[i]), float(y[i]), int(codes[i])) for i in order]
    parts.append("</g>")
    parts.append(text(16, top + _HEIGHT + 18, note, ink=QUIET))
    return document(WIDTH, top + _HEIGHT + 32, parts)


def _legend(codes: np.ndarray, classes: Sequence[str]) -> tuple[list[str], float]:
    parts, x, y = [], 16.0, 54.0
    for number, name in enumerate(classes):
        told = f"{name} ({int((codes == number).sum()):,})"
        wide = 36 + 6.6 * len(told)
        if x > 16 and x + wide > WIDTH - 16:
            x, y = 16.0, y + 20
        parts += [mark(x + 5, y, number), text(x + 15, y + 4, told)]
        x += wide
    return parts, y + 8


def features_picture(
    asked: Explained,
    collection: Any,
    label: str | None,
    *,
    method: str = "tsne",
    sample: int = 3_000,
    seed: int = 0,
) -> tuple[str, int]:
    """Galaxies of a collection, drawn at random, as the network sees them before its last layer.

    Parameters
    ----------
    label : str or None
        The column of true classes that gives the colours, and only galaxies that have one of the network's
        classes; without it all galaxies, coloured by what the network says.

    Returns
    -------
    picture : str
        SVG.
    galaxies : int
        How many are in it.

    Raises
    ------
    DataError
        No galaxy has one of the network's classes, or not one stamp can be read.
    """
    from tuningfork.tasks.explaining.penultimate import penultimate_features
    from tuningfork.tasks.features import texts_of

    labels = texts_of(collection, label) if label else np.full(len(collection), "", object)
    rows = np.flatnonzero(np.isin(labels, asked.classes)) if label else np.arange(len(collection))
    if not len(rows):
        raise DataError(
            f"'{label}' says of no galaxy one of the classes of {asked.name}: {', '.join(asked.classes[:8])}",
            where=collection.name,
            remedy="Name another column with --label, or leave it out",
        )
    drawn = np.sort(np.random.default_rng(seed).permutation(rows)[:sample])
    drawn, features, said = penultimate_features(asked, collection, drawn)
    numbers = {name: k for k, name in enumerate(asked.classes)}
    codes = np.array([numbers[name] for name in labels[drawn]]) if label else said
    places = lay_out(features, method, seed=seed)
    colours = f"colours: {label}" if label else "colours: what it says"
    note = f"{len(drawn):,} of {len(rows):,} galaxies of {collection.name}, seed {seed}; {colours}"
    title = f"{WORDS[method]} of what {asked.name} sees before it names a class"
    return plane_picture(places, codes, asked.classes, title=title, note=note), len(drawn)
