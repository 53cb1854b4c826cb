"""The numbers by which the papers judge a classifier, each with its interval and the majority line beside."""

from dataclasses import dataclass

import numpy as np

from tuningfork.evaluation.confusion import confusion_matrix, from_confusion
from tuningfork.evaluation.intervals import RESAMPLES, Interval, percentiles, wilson_ends
from tuningfork.evaluation.judged import Judged

__all__ = [
    "Number",
    "OutputCounts",
    "area_ends",
    "area_under_roc",
    "headline",
    "mean_interval",
    "output_counts",
]

_EXACT = 5_000  # galaxies up to which means are resampled; above, the normal interval is the same
_LEAST = 1e-7  # of a probability in a logarithm, as Keras and scikit-learn clip


@dataclass(frozen=True)
class Number:
    """One line of a report: a number with its 95 % interval, and the same of the constant predictor.

    Parameters
    ----------
    name : str
    value, low, high : float
    majority : float
        What always giving the classes' shares scores on the same galaxies.
    higher_is_better : bool
    """

    name: str
    value: float
    low: float
    high: float
    majority: float
    higher_is_better: bool = True


@dataclass(frozen=True)
class OutputCounts:
    """Counts over all n x K outputs taken one by one, each "yes" above a half: Doherty et al. (2024), tables
    5 to 12, where TP equals TN for two answers."""

    tp: int
    tn: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """NaN when nothing was above a half."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else float("nan")

    @property
    def recall(self) -> float:
        """Of the n outputs that should be above a half."""
        return self.tp / (self.tp + self.fn)


def headline(judged: Judged, *, seed: int = 0) -> list[Number]:
    """All numbers about the galaxies as a whole.

    Accuracy, balanced accuracy, macro precision, macro-F1 (Ma et al. 2023, equations 7 to 10, means over
    classes); loss (cross-entropy, nats), the binary cross-entropy of an output, mean absolute and root mean
    square error of the probabilities, binary accuracy (Doherty et al. 2024, table 5); the area under the
    receiver's curve, each class against the rest, mean over classes. ``seed`` is of the resamples for the
    errors and the loss.
    """
    rest = judged.majority()
    plain = from_confusion(confusion_matrix(judged))
    constant = from_confusion(confusion_matrix(rest))
    lines = [Number(k, v.value, v.low, v.high, constant[k].value) for k, v in plain.items()]
    area = area_under_roc(judged)
    lines.append(Number("AUC", area.value, area.low, area.high, 0.5))
    ours, theirs = _per_galaxy(judged), _per_galaxy(rest)
    for name, values in ours.items():
        mean, flat = mean_interval(values, seed=seed), float(theirs[name].mean())
        if name == "binary accuracy":
            mean = _outputs_right(values, len(judged.classes))
        if name == "root mean square error":
            mean, flat = Interval(*(float(np.sqrt(max(v, 0.0))) for v in _ends(mean))), float(np.sqrt(flat))
        lines.append(Number(name, *_ends(mean), flat, higher_is_better=name == "binary accuracy"))
    return lines


def output_counts(judged: Judged) -> OutputCounts:
    """True and false positives and negatives over all outputs."""
    yes, true = judged.probabilities > 0.5, _one_hot(judged) > 0
    tp, said, n = int((yes & true).sum()), int(yes.sum()), len(judged)
    return OutputCounts(tp, yes.size - n - said + tp, said - tp, n - tp)


def area_under_roc(judged: Judged, kind: int | None = None) -> Interval:
    """The area under the receiver's curve of one class against the rest, or its mean over classes.

    The scatter is DeLong's (DeLong et al. 1988, Biometrics 44, 837); classes of the mean are taken together,
    galaxy by galaxy. An area of 1, or nearly so, has next to no scatter there, however few galaxies it is of:
    what each class's own ends (`area_ends`) are further out is added in squares. A pair of galaxies in the
    wrong order is of two classes at most, so that it counts twice in a mean.

    Classes without members, or with nothing else, are passed over; NaN when none is left.
    """
    kinds = range(len(judged.classes)) if kind is None else [kind]
    areas, influence, further = [], [], []
    for k in kinds:
        own = judged.truth == k
        if 0 < own.sum() < len(judged):
            area, pull = _delong(judged.probabilities[:, k], own)
            areas.append(area)
            influence.append(pull)
            scatter = 1.96**2 * float(np.square(pull).sum())
            ends = area_ends(area, int(own.sum()), int((~own).sum()))
            further.append([max((area - end) ** 2 - scatter, 0.0) for end in ends])
    if not areas:
        return Interval(float("nan"), float("nan"), float("nan"))
    together = 1.96**2 * float(np.square(np.mean(influence, axis=0)).sum())
    more = np.sum(further, axis=0) * min(2, len(areas)) / len(areas) ** 2
    below, above = np.sqrt(together + more).tolist()
    value = float(np.mean(areas))
    return Interval(value, max(0.0, value - below), min(1.0, value + above))


def area_ends(area: float, m: int, n: int) -> tuple[float, float]:
    """The 95 % ends of an area under the receiver's curve of m galaxies of a class and n others.

    As Wilson's of a share, with the variance of the area that is asked about (Newcombe 2006, Statistics in
    Medicine 25, 559, method 5; the variance is that of Hanley & McNeil 1982): it has a width at 1 as well.
    """
    return _lower_area(area, m, n), 1 - _lower_area(1 - area, m, n)


def _lower_area(area: float, m: int, n: int) -> float:
    from scipy.optimize import brentq

    half = (m + n) / 2

    def off(a: float) -> float:
        variance = a * (1 - a) * (1 + (half - 1) * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
        return (area - a) ** 2 - 1.96**2 * variance

    nearly = min(area, 1 - 1e-9)  # at 1 both sides are 0: the end is the other root
    return float(brentq(off, 0.0, nearly)) if area > 0 else 0.0


def _outputs_right(values: np.ndarray, kinds: int) -> Interval:
    """The mean of shares of right outputs, (n,), with Wilson's interval.

    At most one output is above a half, so at most two of a galaxy are wrong: what is left of two is a share.
    """
    n, span = len(values), 2 / kinds
    right = n - np.clip((1 - values) / span, 0, 1).sum(dtype=np.float64)
    low, high = wilson_ends(np.array([right]), np.array([n]))
    return Interval(float(values.mean()), 1 - span * (1 - float(low[0])), 1 - span * (1 - float(high[0])))


def mean_interval(values: np.ndarray, *, seed: int = 0) -> Interval:
    """The mean of (n,) numbers with its 95 % interval: bootstrap up to 5,000 of them, normal above."""
    mean = float(values.mean(dtype=np.float64))
    if len(values) > _EXACT:
        half = 1.96 * float(values.std(dtype=np.float64)) / np.sqrt(len(values))
        return Interval(mean, mean - half, mean + half)
    rng, n = np.random.default_rng(seed), len(values)
    drawn = [values[rng.integers(0, n, (100, n))].mean(axis=1) for _ in range(RESAMPLES // 100)]
    return percentiles(mean, np.concatenate(drawn))


def _per_galaxy(judged: Judged) -> dict[str, np.ndarray]:
    """Numbers whose means over galaxies are wanted, (n,) each."""
    p, true = judged.probabilities.astype(np.float64), _one_hot(judged)
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    binary = -np.where(true > 0, np.log(clipped), np.log1p(-clipped))
    return {
        "loss": -np.log(clipped[np.arange(len(judged)), judged.truth]),
        "binary cross-entropy": binary.mean(axis=1),
        "mean absolute error": np.abs(p - true).mean(axis=1),
        "root mean square error": np.square(p - true).mean(axis=1),
        "binary accuracy": ((p > 0.5) == (true > 0)).mean(axis=1),
    }


def _one_hot(judged: Judged) -> np.ndarray:
    return np.eye(len(judged.classes))[judged.truth]


def _delong(score: np.ndarray, own: np.ndarray) -> tuple[float, np.ndarray]:
    """The area and each galaxy's part (n,) in its scatter: the sum of their squares is the variance."""
    from scipy.stats import rankdata

    m, n = int(own.sum()), int((~own).sum())
    ranks, pull = rankdata(score), np.empty(len(score))
    above = (ranks[own] - rankdata(score[own])) / n  # share of the others that lie below
    below = 1 - (ranks[~own] - rankdata(score[~own])) / m
    area = float(above.mean())
    for rows, each, count in ((own, above, m), (~own, below, n)):
        pull[rows] = (each - area) / np.sqrt(count * max(count - 1, 1))
    return area, pull


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high
