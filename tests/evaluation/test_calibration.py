"""Calibration, conformal sets and abstention keep what they promise on galaxies they have not seen."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss, precision_recall_curve

from tests.evaluation.test_classified import made
from tuningfork.errors import DataError
from tuningfork.evaluation import (
    Judged,
    abstain_threshold,
    answered_at,
    conformal_threshold,
    coverage_of,
    fit_temperature,
    prediction_sets,
    purity_completeness,
    reliability,
    tempered,
)
from tuningfork.evaluation.calibration import tempered_across
from tuningfork.evaluation.conformal import fewest_for


def meant(n=4000, seed=0) -> Judged:
    """Galaxies whose class is drawn with the very probabilities that are given."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.4] * 4, n)
    truth = (p.cumsum(1) > rng.uniform(size=(n, 1))).argmax(1)
    return Judged(("a", "b", "c", "d"), truth, p, np.arange(n).astype(str))


def test_bins_are_those_of_scikit_learn():
    judged = made(2000)
    found = reliability(judged, bins=10)
    right, sure = calibration_curve(judged.right, judged.confidence, n_bins=10)
    np.testing.assert_allclose([b.right.value for b in found.bins], right)
    np.testing.assert_allclose([b.confidence for b in found.bins], sure)
    n = np.array([b.n for b in found.bins])
    assert n.sum() == 2000
    assert found.error.value == pytest.approx((n * abs(right - sure)).sum() / 2000)


def test_the_error_of_meant_probabilities_is_that_of_chance():
    judged = meant()
    found = reliability(judged)
    assert found.error.value < 2 * found.by_chance
    too_sure = reliability(judged.told(tempered(judged.probabilities, 0.3)))
    assert too_sure.error.low > 5 * found.by_chance


def test_a_temperature_is_found_again_and_changes_no_decision():
    judged = meant()
    for true in (0.5, 2.0):
        spoilt = tempered(judged.probabilities, 1 / true)
        t = fit_temperature(np.log(spoilt + 1e-300), judged.truth)
        assert t == pytest.approx(true, rel=0.08)
        mended = tempered(spoilt, t)
        assert log_loss(judged.truth, mended) < log_loss(judged.truth, spoilt)
        assert (mended.argmax(1) == judged.said).all()
    logits = np.random.default_rng(1).normal(size=(50, 3))
    truth = np.arange(50) % 3
    shifted = fit_temperature(logits + np.arange(50)[:, None], truth)
    assert shifted == pytest.approx(fit_temperature(logits, truth), rel=1e-4)


def test_no_fold_is_judged_at_a_temperature_that_it_chose():
    judged, fold = meant(400), np.arange(400) % 4
    p = tempered(judged.probabilities, 0.5)
    own = fold == 2
    strange = judged.truth.copy()
    strange[own] = (strange[own] + 1) % 4  # other answers of this fold change the other folds, not itself
    here, there = tempered_across(p, judged.truth, fold), tempered_across(p, strange, fold)
    np.testing.assert_array_equal(here[own], there[own])
    assert not np.allclose(here[~own], there[~own])
    others = fit_temperature(np.log(p[~own]), judged.truth[~own])
    np.testing.assert_allclose(here[own], tempered(p[own], others), rtol=1e-4)


@pytest.mark.parametrize("wanted", [0.8, 0.95])
def test_sets_cover_as_promised(wanted):
    shares = []
    for seed in range(40):
        known, new = made(300, 1.0, seed=seed), made(2000, 1.0, seed=seed + 1000)
        threshold = conformal_threshold(known.probabilities, known.truth, wanted)
        shares.append(coverage_of(new, prediction_sets(new.probabilities, threshold)).covered.value)
    assert wanted - 0.005 < np.mean(shares) < wanted + 0.02


def test_rare_classes_are_covered_when_each_has_its_threshold():
    known, new = made(6000, 1.2, seed=1), made(6000, 1.2, seed=2)
    shy = [1, 1, 0.05, 1]  # of the third class, the rarest: what a network without weights learns
    known, new = (j.told((q := j.probabilities * shy) / q.sum(1, keepdims=True)) for j in (known, new))
    one = conformal_threshold(known.probabilities, known.truth, 0.9)
    each = conformal_threshold(known.probabilities, known.truth, 0.9, by_class=True)
    plain, by_class = (coverage_of(new, prediction_sets(new.probabilities, t)) for t in (one, each))
    assert plain.covered.low < 0.9 < plain.covered.high
    assert plain.by_class["CSS"].high < 0.6
    assert all(0.85 < share.value < 0.95 for share in by_class.by_class.values())
    assert by_class.size > plain.size > 1


def test_too_few_galaxies_give_every_class():
    p, truth = np.array([[0.9, 0.1]] * 5), np.zeros(5, int)
    assert conformal_threshold(p, truth, 0.95) == 1.0  # six are not enough for one in twenty
    assert prediction_sets(p, 1.0).all()
    assert [fewest_for(c) for c in (0.8, 0.9, 0.95)] == [4, 9, 19]
    for coverage, n in ((0.8, 4), (0.9, 9), (0.95, 19)):
        sure = np.tile([0.9, 0.1], (n, 1))
        assert conformal_threshold(sure, np.zeros(n, int), coverage) < 1
        assert conformal_threshold(sure[1:], np.zeros(n - 1, int), coverage) == 1
    assert conformal_threshold(p, truth, 0.8) == pytest.approx(0.1)
    assert conformal_threshold(p, truth, 0.8, by_class=True).tolist() == pytest.approx([0.1, 1.0])
    assert prediction_sets(np.array([[0.5, 0.5]]), 0.1).sum() == 1  # never empty
    with pytest.raises(ValueError, match="coverage"):
        conformal_threshold(p, truth, 1.0)


def test_the_lowest_threshold_of_a_wanted_purity():
    judged = made(1000)
    found = abstain_threshold(judged, 0.95)
    assert found.purity.value >= 0.95
    lower = judged.confidence[judged.confidence < found.threshold].max()
    assert answered_at(judged, lower).purity.value < 0.95
    surely = abstain_threshold(judged, 0.95, surely=True)
    assert surely.purity.low >= 0.95
    assert surely.threshold > found.threshold
    assert surely.answered.value < found.answered.value


def test_an_impossible_purity_is_said_with_the_best():
    judged = Judged(("a", "b"), np.array([0, 1]), np.array([[0.1, 0.9], [0.3, 0.7]]), np.array(["x", "y"]))
    with pytest.raises(DataError, match=r"best is 0\.500, of 2 galaxies"):
        abstain_threshold(judged, 0.9)
    assert np.isnan(answered_at(judged, 0.95).purity.value)


def test_purity_against_completeness_is_scikit_learns():
    judged = made(150)
    threshold, complete, pure = purity_completeness(judged, 1)
    precision, recall, at = precision_recall_curve(judged.truth == 1, judged.probabilities[:, 1])
    expected = {t: (p, r) for t, p, r in zip(at, precision, recall, strict=False)}
    for t, c, p in zip(threshold, complete, pure, strict=True):
        assert (p, c) == pytest.approx(expected[t])
    assert complete[-1] == 1
    assert len(purity_completeness(made(20_000), 0)[0]) <= 200
