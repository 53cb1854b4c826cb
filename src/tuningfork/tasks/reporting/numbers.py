"""All numbers of a report. What is chosen (a temperature, a threshold) is chosen on other galaxies than it is
measured on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.evaluation import (
    Abstention,
    ClassNumbers,
    Coverage,
    FactBin,
    Interval,
    Judged,
    Number,
    OutputCounts,
    Reliability,
    abstain_threshold,
    answered_at,
    area_under_roc,
    by_fact,
    class_numbers,
    conformal_threshold,
    confusion_matrix,
    coverage_of,
    fit_temperature,
    headline,
    output_counts,
    prediction_sets,
    reliability,
    tempered,
)

__all__ = ["COVERAGES", "PURITIES", "Chosen", "Numbers", "choosing", "numbers_of"]

COVERAGES = (0.80, 0.90, 0.95)
PURITIES = (0.90, 0.95, 0.98, 0.99)
_LEAST = 1e-12


@dataclass(frozen=True)
class Chosen:
    """The galaxies on which temperature and thresholds are chosen, and those on which they are measured.

    Parameters
    ----------
    choosing, measuring : Judged
    how : str
        Where they are from, in words.
    temperature : float
    """

    choosing: Judged
    measuring: Judged
    how: str
    temperature: float


@dataclass(frozen=True)
class Numbers:
    """What a report says.

    Parameters
    ----------
    headline : list of Number
    calibration : Number
        The expected calibration error; its ``majority`` is what chance alone makes of it.
    classes : list of (ClassNumbers, Interval)
        Each with its area under the receiver's curve.
    matrix : ndarray
        (K, K) counts, row the true class.
    outputs : OutputCounts
    chosen : Chosen
    before, after : Reliability
        As the network says, and at the fitted temperature on those that did not choose it.
    untempered : Interval
        The calibration error of the galaxies of ``after`` without the temperature.
    coverage : list of (float, Coverage, Coverage)
        Wanted share; sets of one threshold, and of one a class.
    purity : list of (float, Abstention or None, Abstention or None)
        Wanted purity, what was chosen and what was measured; None where it is not reached.
    by_fact : dict
        Fact -> bins.
    """

    headline: list[Number]
    calibration: Number
    classes: list[tuple[ClassNumbers, Interval]]
    matrix: np.ndarray
    outputs: OutputCounts
    chosen: Chosen
    before: Reliability
    after: Reliability
    untempered: Interval
    coverage: list[tuple[float, Coverage, Coverage]]
    purity: list[tuple[float, Abstention | None, Abstention | None]]
    by_fact: dict[str, list[FactBin]]

    def rows(self) -> list[dict[str, Any]]:
        """name, value, low, high, majority of all that has an interval, for scripts."""
        told = [(n.name, n.value, n.low, n.high, n.majority) for n in (*self.headline, self.calibration)]
        common = int(self.matrix.sum(axis=1).argmax())
        for k, (one, area) in enumerate(self.classes):
            for what, value, flat in (
                ("recall", one.recall, float(k == common)),
                ("precision", one.precision, one.n / self.matrix.sum() if k == common else None),
                ("F1", one.f1, None),
                ("AUC", area, 0.5),
            ):
                told.append((f"{what} {one.name}", value.value, value.low, value.high, flat))
        for wanted, plain, _ in self.coverage:
            c = plain.covered
            told.append((f"coverage of the {wanted:.0%} sets", c.value, c.low, c.high, None))
        return [dict(zip(("name", "value", "low", "high", "majority"), row, strict=True)) for row in told]


def numbers_of(judged: Judged, apart: Judged | None = None, *, seed: int = 0) -> Numbers:
    """Judge some galaxies.

    Parameters
    ----------
    judged : Judged
    apart : Judged, optional
        Others, that set temperature and thresholds; without them half of ``judged`` does, and the other half
        measures.
    """
    chosen = choosing(judged, apart, seed=seed)
    measuring = chosen.measuring
    before = reliability(judged, seed=seed)
    after = reliability(measuring.told(tempered(measuring.probabilities, chosen.temperature)), seed=seed)
    error = before.error
    return Numbers(
        headline=headline(judged, seed=seed),
        calibration=Number("calibration error", error.value, error.low, error.high, before.by_chance, False),
        classes=[(one, area_under_roc(judged, k)) for k, one in enumerate(class_numbers(judged))],
        matrix=confusion_matrix(judged),
        outputs=output_counts(judged),
        chosen=chosen,
        before=before,
        after=after,
        untempered=before.error if measuring is judged else reliability(measuring, seed=seed).error,
        coverage=[_coverage(chosen, wanted) for wanted in COVERAGES],
        purity=[_purity(chosen, wanted) for wanted in PURITIES],
        by_fact={fact: by_fact(judged, fact) for fact in judged.facts},
    )


def choosing(judged: Judged, apart: Judged | None, *, seed: int = 0) -> Chosen:
    """Who chooses and who measures, with the temperature."""
    if apart is not None:
        measuring, how = judged, f"chosen on the {len(apart):,} galaxies of val, measured on these"
    else:
        order = np.random.default_rng(seed).permutation(len(judged))
        half = max(1, len(judged) // 2)
        apart, measuring = (
            judged.part(order[:half]),
            judged.part(order[half:] if half < len(judged) else order),
        )
        how = f"chosen on a random half ({half:,}) of these galaxies, measured on the other"
    temperature = fit_temperature(np.log(np.maximum(apart.probabilities, _LEAST)), apart.truth)
    return Chosen(apart, measuring, how, temperature)


def _coverage(chosen: Chosen, wanted: float) -> tuple[float, Coverage, Coverage]:
    known, new = chosen.choosing, chosen.measuring
    found = []
    for each in (False, True):
        threshold = conformal_threshold(known.probabilities, known.truth, wanted, by_class=each)
        found.append(coverage_of(new, prediction_sets(new.probabilities, threshold)))
    return wanted, found[0], found[1]


def _purity(chosen: Chosen, wanted: float) -> tuple[float, Abstention | None, Abstention | None]:
    try:
        found = abstain_threshold(chosen.choosing, wanted)
    except DataError:
        return wanted, None, None
    return wanted, found, answered_at(chosen.measuring, found.threshold)
