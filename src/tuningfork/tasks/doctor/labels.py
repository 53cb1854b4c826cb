"""Labels in doubt: confident learning on frozen features (Northcutt, Jiang & Chuang 2021, JAIR 70, 1373)."""

from dataclasses import dataclass

import numpy as np

from tuningfork.errors import DataError

__all__ = ["Doubt", "doubtful_labels", "held_out_probabilities"]

_FOLDS = 5
_LEAST = 10  # galaxies of a class
_LEARN = 20_000  # galaxies that a fold learns from at most: more make no difference to a linear model
_MARGIN = 0.3  # of probability that the other class leads by: half of planted wrong labels, few others


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row whose label may be wrong, with the class suggested and by how much it leads in probability."""

    row: int
    given: str
    suggested: str
    margin: float


def doubtful_labels(
    vectors: np.ndarray, labels: np.ndarray, *, margin: float = _MARGIN, seed: int = 0
) -> list[Doubt]:
    """Galaxies of which a model that never saw them is confident that they belong to another class.

    A class's threshold is the mean probability that its own members get for it. A label is doubted when
    another class passes its threshold (the likeliest, if several do) and leads the given one.

    Parameters
    ----------
    vectors : ndarray
        ``[n, d]`` features.
    labels : ndarray
        ``[n]`` text; "" where there is none. Classes with fewer than 10 members take no part.
    margin : float
        Least lead of the other class, 0..1.

    Returns
    -------
    list of Doubt
        Largest margin first.

    Raises
    ------
    DataError
        When fewer than two classes have enough members.
    """
    names, count = np.unique(labels[labels != ""], return_counts=True)
    classes = names[count >= _LEAST]
    if len(classes) < 2:
        raise DataError(
            f"labels can be doubted when two classes have {_LEAST} galaxies each, not {len(classes)}"
        )
    rows = np.flatnonzero(np.isin(labels, classes))
    y = np.searchsorted(classes, labels[rows])
    chances = held_out_probabilities(vectors[rows], y, seed=seed)
    threshold = np.array([chances[y == k, k].mean() for k in range(len(classes))])
    sure = np.where(chances >= threshold, chances, -1.0)
    suggested = sure.argmax(axis=1)
    lead = chances[np.arange(len(y)), suggested] - chances[np.arange(len(y)), y]
    doubted = np.flatnonzero((sure.max(axis=1) > 0) & (suggested != y) & (lead >= margin))
    doubted = doubted[np.argsort(-lead[doubted], kind="stable")]
    return [
        Doubt(int(rows[k]), str(classes[y[k]]), str(classes[suggested[k]]), float(lead[k])) for k in doubted
    ]


def held_out_probabilities(vectors: np.ndarray, y: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Class probabilities ``[n, K]`` of each galaxy, from a logistic head that did not learn from it."""
    from sklearn.model_selection import StratifiedKFold

    from tuningfork.heads import heads

    out = np.zeros((len(y), int(y.max()) + 1), np.float32)
    rng = np.random.default_rng(seed)
    for learn, judge in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(vectors, y):
        if len(learn) > _LEARN:
            learn = rng.choice(learn, _LEARN, replace=False)  # noqa: PLW2901
        head = heads.get("logistic")(balance=False).fit(vectors[learn], y[learn])
        out[judge] = head.scores(vectors[judge])
    return out
