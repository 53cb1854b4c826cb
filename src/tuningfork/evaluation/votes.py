"""How well fractions of votes are foretold, beside predicting the mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.classified import mean_interval
from tuningfork.evaluation.intervals import Interval

__all__ = ["VoteScore", "mean_of_known", "vote_scores"]


@dataclass(frozen=True)
class VoteScore:
    """Errors of some answers' fractions.

    Parameters
    ----------
    name : str
        Of the question, or "all".
    n : int
        Galaxies with known fractions.
    absolute, square : Interval
        Mean absolute and root mean square error, 95 %.
    absolute_of_mean, square_of_mean : float
        The same of predicting the mean for every galaxy.
    """

    name: str
    n: int
    absolute: Interval
    square: Interval
    absolute_of_mean: float
    square_of_mean: float


def mean_of_known(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """The mean over an axis of what is not NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def vote_scores(
    foretold: np.ndarray,
    known: np.ndarray,
    questions: Sequence[str],
    *,
    mean: np.ndarray | None = None,
    seed: int = 0,
) -> list[VoteScore]:
    """Mean absolute and root mean square error of each question and of all (the Galaxy Challenge's number).

    Parameters
    ----------
    foretold, known : ndarray
        (n, A) fractions in 0..1; NaN in ``known`` where nobody voted.
    questions : sequence of str
        (A,) the question of each answer.
    mean : ndarray, optional
        (A,) mean fractions of the galaxies that were learnt from; of ``known`` itself when not given. NaN,
        where nobody voted on those, counts as 0.
    seed : int

    Returns
    -------
    list of VoteScore
        "all" first, then the questions in their order. A galaxy is one draw of the interval, and answers
        of a question count alike. Questions without a known fraction are left out.
    """
    if foretold.shape != known.shape or foretold.shape[1] != len(questions):
        raise ValueError(f"fractions {foretold.shape} and {known.shape} of {len(questions)} answers")
    mean = np.nan_to_num(mean_of_known(known) if mean is None else mean)
    names = np.array(questions)
    groups = [("all", np.ones(len(names), bool)), *((q, names == q) for q in dict.fromkeys(questions))]
    out = []
    for name, own in groups:
        there = np.isfinite(known[:, own]).any(axis=1)
        if not there.any():
            continue
        true = known[there][:, own]
        off, flat = foretold[there][:, own] - true, mean[own] - true
        absolute = mean_interval(mean_of_known(np.abs(off), 1), seed=seed)
        square = mean_interval(mean_of_known(off**2, 1), seed=seed)
        roots = Interval(*(float(np.sqrt(max(v, 0.0))) for v in (square.value, square.low, square.high)))
        of_mean = mean_of_known(np.abs(flat), 1).mean(), np.sqrt(mean_of_known(flat**2, 1).mean())
        out.append(VoteScore(name, int(there.sum()), absolute, roots, float(of_mean[0]), float(of_mean[1])))
    return out
