"""Probes: perfect on separable features, at the majority line on noise, repeatable, blind to test labels."""

import numpy as np
import pytest

from tuningfork.errors import DataError
from tuningfork.evaluation import FeatureTask, judge_features, majority
from tuningfork.evaluation import features as features_module
from tuningfork.evaluation.features import probe_answers
from tuningfork.evaluation.probe import fit_probe


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(features_module, "DRAWS", 3)


def _task(spread: float, n: int = 90, dim: int = 12, seed: int = 0) -> FeatureTask:
    rng = np.random.default_rng(seed)
    y = np.array(["edge-on", "smooth", "spiral"])[rng.integers(0, 3, 2 * n)]
    centres = {name: rng.normal(size=dim) for name in np.unique(y)}
    X = np.array([centres[name] for name in y]) + spread * rng.normal(size=(2 * n, dim))
    return FeatureTask(X[:n], y[:n], X[n:], y[n:])


def test_separable_features_score_1():
    scores = {score.probe: score for score in judge_features(_task(0.05))}
    assert set(scores) == {
        "knn",
        "knn, balanced",
        "knn, macro-F1",
        "linear",
        "linear, balanced",
        "linear, macro-F1",
        "linear, recall of edge-on",
        "linear, recall of smooth",
        "linear, recall of spiral",
        "10 per class",
        "10 per class, macro-F1",
    }
    assert all(score.value == 1.0 for score in scores.values())
    assert scores["linear"].n == 90
    assert all(score.low < 1 for score in scores.values())  # a finite sample promises no certainty


def test_noise_stays_near_chance():
    rng = np.random.default_rng(5)
    task = _task(0.1)
    noise = FeatureTask(rng.normal(size=(90, 12)), task.y, rng.normal(size=(90, 12)), task.y_test)
    for score in judge_features(noise):
        if "recall" not in score.probe:
            assert score.low < 0.45
            assert score.low <= score.value <= score.high


def test_the_same_seed_gives_the_same_report():
    assert judge_features(_task(1.5), seed=3) == judge_features(_task(1.5), seed=3)


def test_units_of_a_feature_do_not_matter():
    task = _task(0.8)
    scale = np.logspace(-4, 4, 12)
    scaled = FeatureTask(task.X * scale, task.y, task.X_test * scale, task.y_test)
    for a, b in zip(judge_features(task), judge_features(scaled), strict=True):
        assert a.value == pytest.approx(b.value, abs=0.03)


def test_the_majority_line():
    y = np.array(["a"] * 6 + ["b"] * 4)
    scores = majority(FeatureTask(np.zeros((10, 1)), y, np.zeros((10, 1)), y[::-1]))
    assert [score.value for score in scores] == [0.6, 0.5, pytest.approx(0.375)]
    other = np.array(["b"] * 3 + ["a"])  # the commonest of those that are learnt from, not of these
    scores = majority(FeatureTask(np.zeros((10, 1)), y, np.zeros((4, 1)), other))
    assert [score.value for score in scores] == [0.25, 0.5, pytest.approx(0.2)]


def test_judged_galaxies_change_nothing_that_is_said_of_others():
    task = _task(1.0)
    far = FeatureTask(
        task.X,
        task.y,
        np.concatenate([task.X_test, np.full((30, 12), 1e4)]),
        np.concatenate([task.y_test, np.full(30, "spiral")]),
    )
    alone, beside = probe_answers(task), probe_answers(far)
    for probe, answers in alone.items():
        np.testing.assert_array_equal(beside[probe][:, :90], answers, err_msg=probe)


def test_every_draw_of_few_labels_is_another_one():
    answers = probe_answers(_task(2.0))["10 per class"]
    assert len(np.unique(answers, axis=0)) == len(answers) == 3


def test_a_rare_class_shrinks_the_folds():
    task = _task(0.05)
    y = task.y.copy()
    y[:2] = "rare"
    assert {s.probe for s in judge_features(FeatureTask(task.X, y, task.X_test, task.y_test))} >= {
        "knn",
        "10 per class",
    }


def test_a_class_seen_only_in_the_test_part_is_never_right():
    task = _task(0.05)
    y_test = task.y_test.copy()
    y_test[:9] = "new"
    scores = {s.probe: s.value for s in judge_features(FeatureTask(task.X, task.y, task.X_test, y_test))}
    assert scores["linear, recall of new"] == 0
    assert scores["linear"] == pytest.approx(0.9)


@pytest.mark.parametrize("y", [["a"] * 4, ["a", "a", "a", "b"]])
def test_too_few_examples_are_refused(y):
    with pytest.raises(DataError, match="two classes"):
        FeatureTask(np.zeros((4, 1)), np.array(y), np.zeros((1, 1)), np.array(["a"]))


def test_the_probe_finds_the_strength_that_fits():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(60, 40)).astype(np.float32)
    noise = rng.integers(0, 2, 60)
    assert fit_probe(X, noise, 0).C <= 1e-2  # nothing to learn: shrink
    assert fit_probe(X, (X[:, 0] > 0).astype(int), 0).C >= 1e-2
