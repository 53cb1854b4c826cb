"""The mean over classes of the F1 score, for one set of answers or for many."""

import numpy as np

from tuningfork.evaluation.class_means import mean_f1
from tuningfork.evaluation.intervals import RESAMPLES, Interval, percentiles

__all__ = ["bootstrap_macro_f1", "macro_f1_lead"]


def bootstrap_macro_f1(
    truth: np.ndarray,
    answers: np.ndarray,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The macro-F1 of repeated experiments on one test set, their mean, with an interval over both.

    Of a class F1 = 2 TP / (2 TP + FP + FN); classes are those that occur in the truth or in a draw's answers,
    so an answer that is never true lowers the mean (as in scikit-learn, and in G036 2023, equation 5). Where
    every answer of every draw is right nothing can be resampled: then the interval is that of
    `tuningfork.evaluation.class_means.mean_f1`.

    Parameters
    ----------
    truth : ndarray
        (n,) classes.
    answers : ndarray
        (draws, n): what draw i said of galaxy j. Draws and galaxies are resampled independently. With
        (runs, draws, n) runs are resampled in place of draws, and a run counts with the mean of its draws.
    """
    if (answers == truth).all():
        members = np.unique(truth, return_counts=True)[1]
        return mean_f1(members, members, level)
    plain, values = _resampled(truth, answers, resamples, seed)
    return percentiles(plain, values, level)


def macro_f1_lead(
    truth: np.ndarray,
    ours: np.ndarray,
    theirs: np.ndarray,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """By how much one macro-F1 is above another; galaxies and draws are resampled for both alike.

    Parameters
    ----------
    truth : ndarray
        (n,) classes.
    ours, theirs : ndarray
        (draws, n); draw i of both has something in common, as the labels that were learnt from.
    """
    (one, first), (other, second) = (_resampled(truth, said, resamples, seed) for said in (ours, theirs))
    return percentiles(one - other, first - second, level)


def _resampled(truth: np.ndarray, answers: np.ndarray, resamples: int, seed: int) -> tuple[float, np.ndarray]:
    """The mean macro-F1, and of each resample; the same seed resamples the same galaxies and draws."""
    classes, known = np.unique(np.concatenate([truth, answers.ravel()]), return_inverse=True)
    runs, n = len(answers), len(truth)
    true, said = known[:n], known[n:].reshape(-1, n)
    kinds = np.arange(len(classes))[:, None]
    is_true = (true == kinds).astype(np.float32)  # (K, n)
    is_said = (said[:, None] == kinds).astype(np.float32)  # (draws, K, n)
    right = is_said * is_true
    either = is_said + is_true

    def mean_f1(of_galaxies: np.ndarray) -> np.ndarray:
        """(b, n) counts of galaxies -> (b, runs)."""
        twice, all_of = 2 * (right @ of_galaxies.T), either @ of_galaxies.T  # (draws, K, b)
        scores = np.divide(twice, all_of, out=np.full_like(twice, np.nan), where=all_of > 0)
        return np.nanmean(scores, axis=1).reshape(runs, -1, len(of_galaxies)).mean(axis=1).T

    rng = np.random.default_rng(seed)
    values = []
    for start in range(0, resamples, 100):
        count = min(100, resamples - start)
        galaxies = rng.multinomial(n, np.full(n, 1 / n), count).astype(np.float32)
        of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), count) / runs
        values.append((mean_f1(galaxies) * of_runs).sum(axis=1))
    plain = float(mean_f1(np.ones((1, n), np.float32)).mean())
    return plain, np.concatenate(values)
