"""What follows from a confusion matrix: shares and means over classes, with intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.intervals import RESAMPLES, Interval, percentiles, wilson
from tuningfork.evaluation.judged import Judged

__all__ = ["ClassNumbers", "class_numbers", "confusion_matrix", "from_confusion"]


@dataclass(frozen=True)
class ClassNumbers:
    """One class against the rest.

    Parameters
    ----------
    name : str
    n : int
        Galaxies of the class.
    tp, fp, fn, tn : int
        True and false positives and negatives.
    precision, recall, f1 : Interval
        95 %: Wilson's for the shares, bootstrap for F1. A precision of what was never said is NaN.
    """

    name: str
    n: int
    tp: int
    fp: int
    fn: int
    tn: int
    precision: Interval
    recall: Interval
    f1: Interval


def confusion_matrix(judged: Judged) -> np.ndarray:
    """(K, K) int64: row the true class, column what was said."""
    kinds = len(judged.classes)
    return np.bincount(judged.truth * kinds + judged.said, minlength=kinds * kinds).reshape(kinds, kinds)


def accuracy(matrices: np.ndarray) -> np.ndarray:
    """Of confusion matrices (..., K, K); so are the next three."""
    return np.trace(matrices, axis1=-2, axis2=-1) / matrices.sum(axis=(-2, -1))


def balanced_accuracy(matrices: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that occur."""
    return _over_classes(_right(matrices), matrices.sum(axis=-1), matrices.sum(axis=-1) > 0)


def macro_precision(matrices: np.ndarray) -> np.ndarray:
    """Over the classes that occur or are said; 0 for one that is never said, as scikit-learn has it."""
    said = matrices.sum(axis=-2)
    return _over_classes(_right(matrices), said, (said + matrices.sum(axis=-1)) > 0)


def macro_f1(matrices: np.ndarray) -> np.ndarray:
    """Over the classes that occur or are said."""
    either = matrices.sum(axis=-2) + matrices.sum(axis=-1)
    return _over_classes(2 * _right(matrices), either, either > 0)


def from_confusion(matrix: np.ndarray, *, seed: int = 0) -> dict[str, Interval]:
    """Accuracy with Wilson's 95 % interval; balanced accuracy, macro precision, macro-F1 with a bootstrap's.

    Galaxies drawn with replacement make a multinomial draw of the cells, so that the work does not grow with
    the number of galaxies. Where not one answer is wrong a bootstrap has no width; Wilson's interval has.

    Parameters
    ----------
    matrix : ndarray
        (K, K) counts.
    """
    drawn = _resampled(matrix, seed)
    of: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "balanced accuracy": balanced_accuracy,
        "macro precision": macro_precision,
        "macro-F1": macro_f1,
    }
    means = {name: percentiles(float(number(matrix)), number(drawn)) for name, number in of.items()}
    return {"accuracy": wilson(int(np.trace(matrix)), int(matrix.sum())), **means}


def class_numbers(judged: Judged, *, seed: int = 0) -> list[ClassNumbers]:
    """Counts, precision, recall and F1 of every class."""
    matrix = confusion_matrix(judged)
    drawn = _resampled(matrix, seed)
    out, total = [], int(matrix.sum())
    for k, name in enumerate(judged.classes):
        tp, n, said = int(matrix[k, k]), int(matrix[k].sum()), int(matrix[:, k].sum())
        f1 = percentiles(float(_f1(matrix, k)), _f1(drawn, k))
        counts = (n, tp, said - tp, n - tp, total - n - said + tp)
        out.append(ClassNumbers(name, *counts, _share(tp, said), _share(tp, n), f1))
    return out


def _f1(matrices: np.ndarray, k: int) -> np.ndarray:
    either = matrices[..., k, :].sum(axis=-1) + matrices[..., :, k].sum(axis=-1)
    return np.where(either > 0, 2 * matrices[..., k, k] / np.maximum(either, 1), np.nan)


def _share(hits: int, n: int) -> Interval:
    return wilson(hits, n) if n else Interval(float("nan"), float("nan"), float("nan"))


def _resampled(matrix: np.ndarray, seed: int) -> np.ndarray:
    n = int(matrix.sum())
    return (
        np.random.default_rng(seed)
        .multinomial(n, matrix.ravel() / n, RESAMPLES)
        .reshape(RESAMPLES, *matrix.shape)
    )


def _right(matrices: np.ndarray) -> np.ndarray:
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def _over_classes(hits: np.ndarray, of: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """The mean over the counted classes of hits / of, (..., K) -> (...)."""
    share = np.where(counted, hits / np.maximum(of, 1), 0.0)
    return share.sum(axis=-1) / counted.sum(axis=-1)
