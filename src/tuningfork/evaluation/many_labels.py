"""Yes-or-no labels, several of them a galaxy: the numbers of Doherty (2024), beside those of a constant."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.all_right import least_if_all_right
from tuningfork.evaluation.classified import Number
from tuningfork.evaluation.intervals import RESAMPLES, Interval, percentiles

__all__ = ["label_numbers"]

_LEAST = 1e-7  # of a probability in a logarithm, as Keras clips
_AT_ONCE = 10_000_000  # counts of resampled galaxies that are held in memory
_AREAS = 200  # resamples of the area under the curve, each of which sorts all outputs
_LOWER = ("Loss", "Mean absolute error", "RMS error", "FP", "FN")


@dataclass(frozen=True)
class _Counted:
    """What each galaxy adds to each sum.

    Parameters
    ----------
    sums : ndarray
        (runs, n, 8) whether the largest output is right, then over the labels that are known: how many, right
        ones, true and false positives, absolute and squared errors, cross-entropies.
    of_label : ndarray
        (runs, n, K, 7) known; true, said and both by the largest output; said, both and neither by a half.
    """

    sums: np.ndarray
    of_label: np.ndarray


def label_numbers(
    said: np.ndarray,
    wanted: np.ndarray,
    *,
    one: bool,
    shares: np.ndarray | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Number]:
    """All numbers that Doherty (2024, tables 5 to 26) prints, and the balanced accuracy, which it does not.

    Parameters
    ----------
    said : ndarray
        (runs, n, K) what each run says of each label in 0..1; NaN, as of a stamp that cannot be read, counts
        as one half and is wrong for every known label.
    wanted : ndarray
        (n, K) 1 and 0; NaN where a label is not known, which is passed over.
    one : bool
        Whether the labels are the answers of one question, of which one is right.
    shares : ndarray, optional
        (K,) how often each label is 1 among the galaxies that were learnt from: what the constant says. Of
        ``wanted`` itself when not given.
    resamples, seed : int
        Galaxies and runs are resampled together; of the area under the curve at most 200 times.

    Returns
    -------
    list of Number
        Loss is the binary cross-entropy (equation 2.4). Accuracy, as Keras counts it: the largest output
        stands at the label that is 1, the first of these. F1: a mean over the labels, where the largest
        output alone is a yes. Binary accuracy, precision and recall count outputs above a half; TP, TN, FP
        and FN are given for one galaxy. AUC: of all outputs as one list. Balanced accuracy: the mean recall
        of the answers by the largest output, or with several questions the mean over labels of the recalls
        of yes and no. Where every answer is right, so that resampling changes nothing, the lower end of a
        share is that of `tuningfork.evaluation.all_right`.
    """
    if said.ndim != 3 or said.shape[1:] != wanted.shape:
        raise ValueError(f"outputs {said.shape} of labels {wanted.shape}")
    shares = _shares(wanted) if shares is None else shares
    constant = np.broadcast_to(shares, (1, *wanted.shape))
    counted, flat = _counted(said, wanted), _counted(constant, wanted)
    values, drawn = _resampled(counted, one, resamples, seed)
    of_constant, _ = _resampled(flat, one, 0, seed)
    numbers, least = [], least_if_all_right(wanted, one=one)
    for place, name in enumerate(_names()):
        interval = _with_width(percentiles(float(values[place]), drawn[:, place]), least.get(name, 1.0))
        ends, flat_one = (interval.value, interval.low, interval.high), float(of_constant[place])
        numbers.append(Number(name, *ends, flat_one, higher_is_better=name not in _LOWER))
    area = _with_width(_area(said, wanted, min(resamples, _AREAS), seed), least["AUC"])
    return [*numbers, Number("AUC", area.value, area.low, area.high, _area(constant, wanted, 0, seed).value)]


def _with_width(interval: Interval, least: float) -> Interval:
    """The interval, of a share that is 1 and whose resamples all are 1 with a lower end of its own."""
    if min(interval.value, interval.low) > 1 - 1e-9:
        return Interval(interval.value, min(least, interval.low), interval.high)
    return interval


def _shares(wanted: np.ndarray) -> np.ndarray:
    known = np.isfinite(wanted)
    return np.nansum(wanted, axis=0) / np.maximum(known.sum(axis=0), 1)


def _counted(said: np.ndarray, wanted: np.ndarray) -> _Counted:
    known, true = np.isfinite(wanted), np.nan_to_num(wanted) > 0.5
    read = np.isfinite(said)
    p = np.where(read, said, 0.5).astype(np.float64)
    yes = read & (p > 0.5)
    right = read & (yes == true) & known
    labels = true.shape[1]
    at = np.where(known, p, -1.0).argmax(axis=2)
    largest = (at[..., None] == np.arange(labels)) & read & known
    hit = (at == true.argmax(axis=1)) & read.any(axis=2)
    off = (p - true) * known
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    loss = -np.where(true, np.log(clipped), np.log1p(-clipped)) * known
    sums = [
        hit,
        known.sum(1) + 0 * hit,
        right.sum(2),
        (yes & true & known).sum(2),
        (yes & ~true & known).sum(2),
    ]
    sums += [np.abs(off).sum(2), (off**2).sum(2), loss.sum(2)]
    by_label = [known, true & known, largest, largest & true, yes & known, right & true, right & ~true]
    stacked = [np.broadcast_to(one, p.shape) for one in by_label]
    return _Counted(np.stack(sums, -1).astype(np.float64), np.stack(stacked, -1).astype(np.float64))


def _names() -> list[str]:
    first = ["Loss", "Accuracy", "Mean absolute error", "RMS error", "Binary accuracy"]
    return [*first, "Precision", "Recall", "F1", "TP", "TN", "FP", "FN", "Balanced accuracy"]


def _numbers(sums: np.ndarray, of_label: np.ndarray, galaxies: float, one: bool) -> np.ndarray:
    """(..., 8) and (..., K, 7) sums over galaxies -> (..., 13) numbers in the order of `_names`."""
    hit, known, right, tp, fp, absolute, square, loss = np.moveaxis(sums, -1, 0)
    there, true, top, top_right, _, yes_right, no_right = np.moveaxis(of_label, -1, 0)
    positive = true.sum(-1)
    fn, tn = positive - tp, right - tp
    with np.errstate(invalid="ignore", divide="ignore"):
        # a label that is never true and never said has F1 0, as in Keras; one that is not known has none
        f1 = np.where(there > 0, 2 * top_right / np.maximum(true + top, 1), np.nan)
        if one:
            balanced = _mean_known(top_right / np.where(true > 0, true, np.nan))
        else:
            of_yes = yes_right / np.where(true > 0, true, np.nan)
            of_no = no_right / np.where(there > true, there - true, np.nan)
            balanced = _mean_known((of_yes + of_no) / 2)
        precision = np.where(
            tp + fp > 0, tp / (tp + fp), 0.0
        )  # as the paper prints it where nothing is a yes
        found = [loss / known, hit / galaxies, absolute / known, np.sqrt(square / known), right / known]
        found += [precision, tp / positive, _mean_known(f1)]
        found += [tp / galaxies, tn / galaxies, fp / galaxies, fn / galaxies, balanced]
    return np.stack(found, -1)


def _mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is no NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(-1) / np.where(known.any(-1), known.sum(-1), np.nan)


def _resampled(counted: _Counted, one: bool, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(13,) numbers, a mean over runs, and (resamples, 13) of them for resampled galaxies and runs."""
    runs, n = counted.sums.shape[:2]
    plain = _numbers(counted.sums.sum(1), counted.of_label.sum(1), n, one).mean(0)
    rng = np.random.default_rng(seed)
    labels = counted.of_label.shape[2]
    flat = counted.of_label.reshape(runs, n, -1)
    drawn, at_once = [], max(1, _AT_ONCE // n)
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        of_galaxies = rng.multinomial(n, np.full(n, 1 / n), count).astype(np.float64)
        of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), count) / runs
        sums = np.stack([of_galaxies @ run for run in counted.sums], 1)
        of_label = np.stack([of_galaxies @ run for run in flat], 1).reshape(count, runs, labels, -1)
        drawn.append((_numbers(sums, of_label, n, one) * of_runs[..., None]).sum(1))
    return plain, np.concatenate(drawn) if drawn else np.empty((0, len(plain)))


def _area(said: np.ndarray, wanted: np.ndarray, resamples: int, seed: int) -> Interval:
    """The area under the receiver's curve of all known outputs, a mean over runs, with its interval."""
    from sklearn.metrics import roc_auc_score

    known = np.isfinite(wanted)
    true = wanted[known] > 0.5
    if not true.any() or true.all():
        return Interval(float("nan"), float("nan"), float("nan"))
    of = np.nonzero(known)[0]
    scores = [np.nan_to_num(run[known], nan=0.5) for run in said]
    n, rng = len(wanted), np.random.default_rng(seed)
    plain = float(np.mean([roc_auc_score(true, score) for score in scores]))
    drawn = np.full(resamples, np.nan)
    for number in range(resamples):
        weights = np.bincount(rng.integers(0, n, n), minlength=n)[of]
        score = scores[rng.integers(0, len(scores))] if len(scores) > 1 else scores[0]
        if weights[true].any() and weights[~true].any():
            drawn[number] = roc_auc_score(true, score, sample_weight=weights)
    return percentiles(plain, drawn)
