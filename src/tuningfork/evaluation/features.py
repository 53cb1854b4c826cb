"""How good frozen features are: nearest neighbours, a linear probe, a few labels per class."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.evaluation.confusion import from_confusion
from tuningfork.evaluation.intervals import bootstrap_draws, wilson
from tuningfork.evaluation.macro_f1 import bootstrap_macro_f1
from tuningfork.evaluation.probe import fit_probe, folds

__all__ = ["FeatureTask", "Score", "judge_features", "majority", "probe_answers"]

NEIGHBOURS = (1, 3, 5, 10, 20, 40)
LABELS_PER_CLASS = 10
DRAWS = 20


@dataclass(frozen=True)
class FeatureTask:
    """Vectors and classes of the galaxies to learn from and of those to judge on.

    Parameters
    ----------
    X, X_test : ndarray
        (n, D) and (m, D) float.
    y, y_test : ndarray
        (n,) and (m,) classes, as text or numbers.
    """

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def __post_init__(self) -> None:
        if len(self.X) != len(self.y) or len(self.X_test) != len(self.y_test):
            raise ValueError("each vector needs one class")
        classes, counts = np.unique(self.y, return_counts=True)
        if len(classes) < 2 or counts.min() < 2:
            raise DataError(
                "probes need at least two classes with two training galaxies each",
                remedy=f"Found: {dict(zip(classes.tolist(), counts.tolist(), strict=True)) or 'none'}",
            )
        if not len(self.y_test):
            raise DataError("there are no galaxies to judge on")


@dataclass(frozen=True)
class Score:
    """One line of a report: a share with its 95 % interval, over n test galaxies."""

    probe: str
    value: float
    low: float
    high: float
    n: int


def majority(task: FeatureTask) -> list[Score]:
    """What always answering the commonest training class scores."""
    classes, counts = np.unique(task.y, return_counts=True)
    return _accuracies("always the commonest", np.full(len(task.y_test), classes[counts.argmax()]), task)


def judge_features(task: FeatureTask, *, seed: int = 0) -> list[Score]:
    """Judge features that are not trained further.

    The probes of `probe_answers`. Accuracy and macro-F1 of each, balanced accuracy where all labels were
    used, the recall of each class for the linear one. Intervals over test galaxies are those of
    `tuningfork.evaluation.confusion.from_confusion`, recalls have Wilson's; over draws and galaxies together
    they are a percentile bootstrap's.

    Parameters
    ----------
    task : FeatureTask
        Vectors and classes.
    seed : int
        Of folds, draws and resamples.
    """
    answers = probe_answers(task, seed=seed)
    linear = answers["linear"][0]
    few = f"{LABELS_PER_CLASS} per class"
    hits, n = answers[few] == task.y_test, len(task.y_test)
    right = wilson(n, n) if hits.all() else bootstrap_draws(hits, seed=seed)
    return [
        *_accuracies("knn", answers["knn"][0], task),
        *_accuracies("linear", linear, task),
        *_recalls("linear", linear, task),
        Score(few, right.value, right.low, right.high, n),
        _macro_f1(few, answers[few], task, seed),
    ]


def probe_answers(task: FeatureTask, *, seed: int = 0) -> dict[str, np.ndarray]:
    """What each probe says of the test galaxies, which choose nothing.

    - ``knn``: cosine neighbours of standardised features, votes weighed by nearness; k by cross-validation on
      the training galaxies.
    - ``linear``: multinomial logistic regression on standardised features; its strength by cross-validation
      of the log-loss on the training galaxies.
    - ``10 per class``: the same with ten random labels per class, 20 draws, strength by cross-validation
      within each draw. Features are standardised over all training galaxies, which needs no labels.

    Returns
    -------
    dict of ndarray
        (draws, m) classes; one draw but for the last.
    """
    X, X_test = _standardised(task.X, task.X_test)
    return {
        "knn": _neighbour_model(task.y, seed).fit(X, task.y).predict(X_test)[None],
        "linear": fit_probe(X, task.y, seed).predict(X_test)[None],
        f"{LABELS_PER_CLASS} per class": _few_labels(X, X_test, task, seed),
    }


def _few_labels(X: np.ndarray, X_test: np.ndarray, task: FeatureTask, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    answers = []
    for draw in range(DRAWS):
        rows = _draw(task.y, rng)
        basis = _span(X[rows])
        model = fit_probe(X[rows] @ basis, task.y[rows], seed + draw)
        answers.append(model.predict(X_test @ basis))
    return np.stack(answers)


def _span(X: np.ndarray) -> np.ndarray:
    """An orthonormal basis (D, min(n, D)) of the rows: an L2-penalised linear model lies in it."""
    n, dim = X.shape
    return np.linalg.qr(X.T)[0] if n < dim else np.eye(dim, dtype=X.dtype)


def _draw(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of ten galaxies of each class, or of all when a class has fewer."""
    parts = []
    for name in np.unique(y):
        members = np.flatnonzero(y == name)
        parts.append(rng.choice(members, min(LABELS_PER_CLASS, len(members)), replace=False))
    return np.concatenate(parts)


def _standardised(X: np.ndarray, X_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, spread = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0)
    return ((X - mean) * scale).astype(np.float32), ((X_test - mean) * scale).astype(np.float32)


def _neighbour_model(y: np.ndarray, seed: int) -> Any:
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    # on unit vectors the order of Euclidean distances is that of cosines
    model = make_pipeline(Normalizer(), KNeighborsClassifier(weights="distance", algorithm="brute"))
    smallest = len(y) - -(-len(y) // 2)  # a training part under two folds, the fewest there can be
    options = [k for k in NEIGHBOURS if k <= smallest]
    return GridSearchCV(model, {"kneighborsclassifier__n_neighbors": options}, cv=folds(y, seed))


def _accuracies(probe: str, answers: np.ndarray, task: FeatureTask) -> list[Score]:
    classes, number = np.unique(np.concatenate([task.y_test, answers]), return_inverse=True)
    true, said = np.split(number.ravel(), 2)
    kinds, n = len(classes), len(answers)
    of = from_confusion(np.bincount(true * kinds + said, minlength=kinds * kinds).reshape(kinds, kinds))
    names = {"accuracy": probe, "balanced accuracy": f"{probe}, balanced", "macro-F1": f"{probe}, macro-F1"}
    return [Score(called, of[name].value, of[name].low, of[name].high, n) for name, called in names.items()]


def _macro_f1(probe: str, answers: np.ndarray, task: FeatureTask, seed: int) -> Score:
    score = bootstrap_macro_f1(task.y_test, answers, seed=seed)
    return Score(f"{probe}, macro-F1", score.value, score.low, score.high, len(task.y_test))


def _recalls(probe: str, answers: np.ndarray, task: FeatureTask) -> list[Score]:
    scores = []
    for name in np.unique(task.y_test):
        members = task.y_test == name
        share = wilson(int((answers[members] == name).sum()), int(members.sum()))
        scores.append(
            Score(f"{probe}, recall of {name}", share.value, share.low, share.high, int(members.sum()))
        )
    return scores
