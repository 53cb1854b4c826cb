"""What follows from a confusion matrix: shares and means over classes, with intervals."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.class_means import f1_of, mean_f1, mean_share
from tuningfork.evaluation.intervals import Interval, wilson
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
        95 %: Wilson's, of F1 through the share behind it. A precision of what was never said is NaN.
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


def from_confusion(matrix: np.ndarray) -> dict[str, Interval]:
    """Accuracy, balanced accuracy, macro precision and macro-F1 with 95 % intervals.

    Of the accuracy it is Wilson's; those of the means are made of Wilson's of each class
    (`tuningfork.evaluation.class_means`), so that few galaxies without a mistake are no certainty.

    Parameters
    ----------
    matrix : ndarray
        (K, K) counts.
    """
    right, true, said = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    occurs, counted = true > 0, true + said > 0
    return {
        "accuracy": wilson(int(right.sum()), int(matrix.sum())),
        "balanced accuracy": mean_share(right[occurs], true[occurs]),
        "macro precision": mean_share(right[counted], said[counted]),
        "macro-F1": mean_f1(right[counted], (true + said - right)[counted]),
    }


def class_numbers(judged: Judged) -> list[ClassNumbers]:
    """Counts, precision, recall and F1 of every class."""
    matrix = confusion_matrix(judged)
    out, total = [], int(matrix.sum())
    for k, name in enumerate(judged.classes):
        tp, n, said = int(matrix[k, k]), int(matrix[k].sum()), int(matrix[:, k].sum())
        counts = (n, tp, said - tp, n - tp, total - n - said + tp)
        out.append(ClassNumbers(name, *counts, _share(tp, said), _share(tp, n), _f1(tp, n + said - tp)))
    return out


def _f1(tp: int, either: int) -> Interval:
    if not either:
        return Interval(float("nan"), float("nan"), float("nan"))
    return Interval(*(float(end[0]) for end in f1_of(np.array([tp]), np.array([either]))))


def _share(hits: int, n: int) -> Interval:
    return wilson(hits, n) if n else Interval(float("nan"), float("nan"), float("nan"))
