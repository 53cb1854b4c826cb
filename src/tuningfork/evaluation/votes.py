"""How well fractions of votes are foretold, beside predicting the mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.classified import mean_interval
from tuningfork.evaluation.intervals import Interval

__all__ = ["VoteScore", "vote_scores"]


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
        (A,) mean fractions of the galaxies that were learnt from; of ``known`` itself when not given.
    seed : int

    Returns
    -------
    list of VoteScore
        "all" first, then the questions in their order. A galaxy is one draw of the interval, and answers
        of a question count alike. Questions without a known fraction are left out.
    """
    if foretold.shape != known.shape or foretold.shape[1] != len(questions):
        raise ValueError(f"fractions {foretold.shape} and {known.shape} of {len(questions)} answers")
    mean = np.nanmean(known, axis=0) if mean is None else mean
    names = np.array(questions)
    groups = [("all", np.ones(len(names), bool)), *((q, names == q) for q in dict.fromkeys(questions))]
    out = []
    for name, own in groups:
        there = np.isfinite(known[:, own]).any(axis=1)
        if not there.any():
            continue
        true = known[there][:, own]
        off, flat = foretold[there][:, own] - true, mean[own] - true
        absolute = mean_interval(np.nanmean(np.abs(off), axis=1), seed=seed)
        square = mean_interval(np.nanmean(off**2, axis=1), seed=seed)
        roots = Interval(*(float(np.sqrt(max(v, 0.0))) for v in (square.value, square.low, square.high)))
        of_mean = np.nanmean(np.abs(flat), axis=1).mean(), np.sqrt(np.nanmean(flat**2, axis=1).mean())
        out.append(VoteScore(name, int(there.sum()), absolute, roots, float(of_mean[0]), float(of_mean[1])))
    return out
