"""Macro-F1: what scikit-learn says of each draw, an interval that knows both galaxies and draws."""

import numpy as np
import pytest

from tuningfork.evaluation import bootstrap_macro_f1, macro_f1_lead
from tuningfork.evaluation.class_means import mean_f1


def test_it_is_what_scikit_learn_says():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    truth = np.array(["EO", "SPI", "CRS"])[rng.integers(0, 3, 60)]
    answers = np.array(["EO", "SPI", "CRS", "odd"])[rng.integers(0, 4, (3, 60))]
    wanted = np.mean([f1_score(truth, said, average="macro", zero_division=0) for said in answers])
    assert bootstrap_macro_f1(truth, answers, resamples=10).value == pytest.approx(wanted, abs=1e-6)


def test_the_interval_widens_with_few_galaxies_and_with_draws_that_disagree():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 400)
    good = np.where(rng.random((4, 400)) < 0.9, truth, 1 - truth)
    mixed = good.copy()
    mixed[2:] = np.where(rng.random((2, 400)) < 0.5, truth, 1 - truth)
    alike, few, apart = (
        bootstrap_macro_f1(t, a) for t, a in ((truth, good), (truth[:40], good[:, :40]), (truth, mixed))
    )
    assert alike.low < alike.value < alike.high
    assert few.high - few.low > 2 * (alike.high - alike.low)
    assert apart.high - apart.low > 4 * (alike.high - alike.low)


def test_a_class_that_a_resample_misses_is_no_zero():
    truth = np.array([0] * 50 + [2] * 50 + [1])
    said = truth.copy()
    said[0] = 2
    assert bootstrap_macro_f1(truth, said[None]).low > 0.95


def test_right_answers_alone_have_an_interval_of_their_classes():
    truth = np.array([0] * 50 + [1])
    found = bootstrap_macro_f1(truth, np.stack([truth, truth]))
    assert found == mean_f1(np.array([50, 1]), np.array([50, 1]))
    assert found.low < 0.7


def test_a_run_counts_with_the_mean_of_its_draws():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 80)
    answers = np.where(rng.random((3, 5, 80)) < 0.7, truth, rng.integers(0, 3, (3, 5, 80)))
    nested, flat = bootstrap_macro_f1(truth, answers), bootstrap_macro_f1(truth, answers.reshape(15, 80))
    assert nested.value == pytest.approx(flat.value)
    same = bootstrap_macro_f1(truth, np.repeat(answers[:1, :1], 3, axis=0))
    assert same.value == pytest.approx(bootstrap_macro_f1(truth, answers[0, :1]).value)


def test_a_lead_is_judged_on_the_same_galaxies():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 60)
    theirs = np.where(rng.random((3, 60)) < 0.7, truth, 1 - truth)
    ours = theirs.copy()
    ours[:, :12] = truth[:12]
    lead, alone = macro_f1_lead(truth, ours, theirs), bootstrap_macro_f1(truth, ours)
    assert 0 <= lead.low < lead.value < lead.high < 0.2
    assert lead.high - lead.low < alone.high - alone.low
    assert macro_f1_lead(truth, ours, ours).high == 0
