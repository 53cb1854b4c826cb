"""What is asked of frozen features, survey by survey: which column, which score."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["MEASURES", "QUESTIONS", "Question"]

_LENS_GRADE = 2.0  # of 3; from there on an expert calls it a probable lens


@dataclass(frozen=True)
class Question:
    """One question to one collection.

    Parameters
    ----------
    name : str
    source : str
        Which collection: the NAME of ``NAME=DIR``.
    column : str
        Of the catalogue.
    measure : str
        A name of `MEASURES`.
    target : callable
        The column (n,) as objects, None where empty -> (n,) float: what is to be said, NaN for galaxies that
        take no part.
    group : str, optional
        A column whose values may not be torn apart between learning and judging.
    """

    name: str
    source: str
    column: str
    measure: str
    target: Callable[[np.ndarray], np.ndarray]
    group: str | None = None


def _is(*wanted: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: np.where(_known(values), np.isin(values.astype(str), wanted), np.nan)


def _number(values: np.ndarray) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])


def _graded(values: np.ndarray) -> np.ndarray:
    grade = _number(values)
    return np.where(np.isnan(grade), np.nan, grade >= _LENS_GRADE)


def _handed(values: np.ndarray) -> np.ndarray:
    texts = values.astype(str)
    left, right = texts == "spiral_anticlockwise", texts == "spiral_clockwise"
    return np.where(left | right, left, np.nan)


def _known(values: np.ndarray) -> np.ndarray:
    return np.array([value is not None for value in values])


_VOTES = "t01_smooth_or_features_{}_weighted_fraction"  # what was seen; debiased votes depend on the redshift
QUESTIONS = (
    Question("ring or not", "rings", "ring", "AUC", _is("1", "1.0", "True", "true")),
    Question(
        f"lens of grade {_LENS_GRADE:g} or more", "lenses", "expert_grade", "AP", _graded, group="group"
    ),
    Question("smooth, share of votes", "votes", _VOTES.format("a01_smooth"), "MAE", _number),
    Question("featured, share of votes", "votes", _VOTES.format("a02_features_or_disk"), "MAE", _number),
    Question("merger or not", "mergers", "label", "AP", _is("merger")),
    Question("clockwise or anticlockwise", "spin", "label", "accuracy", _handed),
)


def _area(truth: np.ndarray, score: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, score)) if 0 < truth.sum() < len(truth) else np.nan


def _precision(truth: np.ndarray, score: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, score)) if truth.any() else np.nan


# name -> score of what was said (n,) against the truth (n,)
MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "AUC": _area,
    "AP": _precision,
    "accuracy": lambda truth, score: float(np.mean((score >= 0.5) == (truth > 0.5))),
    "MAE": lambda truth, score: float(np.mean(np.abs(score - truth))),
}
