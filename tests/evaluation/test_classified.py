"""Every number of a classifier against scikit-learn's, and its interval against plain resampling."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn import metrics

from tuningfork.errors import DataError
from tuningfork.evaluation import (
    Judged,
    area_under_roc,
    by_fact,
    class_numbers,
    confusion_matrix,
    headline,
    output_counts,
    vote_scores,
)
from tuningfork.evaluation.classified import area_ends
from tuningfork.evaluation.intervals import bootstrap

CLASSES = ("CRS", "IBS", "CSS", "SPI")


def made(n=800, sharpness=2.0, seed=0, classes=CLASSES) -> Judged:
    """Galaxies of unequal classes, told apart more or less well."""
    rng = np.random.default_rng(seed)
    shares = np.array([0.5, 0.3, 0.05, 0.15][: len(classes)])
    truth = rng.choice(len(classes), n, p=shares / shares.sum())
    logits = rng.normal(size=(n, len(classes))) + sharpness * np.eye(len(classes))[truth]
    p = np.exp(logits)
    facts = {"magnitude": rng.uniform(14, 18, n)}
    return Judged(classes, truth, p / p.sum(1, keepdims=True), np.array([f"g{i}" for i in range(n)]), facts)


@pytest.fixture(scope="module")
def judged():
    return made()


def by_name(judged):
    return {line.name: line for line in headline(judged)}


def test_means_are_those_of_scikit_learn(judged):
    lines, p, one_hot = by_name(judged), judged.probabilities, np.eye(4)[judged.truth]
    expected = {
        "accuracy": metrics.accuracy_score(judged.truth, judged.said),
        "balanced accuracy": metrics.balanced_accuracy_score(judged.truth, judged.said),
        "macro precision": metrics.precision_score(judged.truth, judged.said, average="macro"),
        "macro-F1": metrics.f1_score(judged.truth, judged.said, average="macro"),
        "loss": metrics.log_loss(judged.truth, p),
        "mean absolute error": metrics.mean_absolute_error(one_hot, p),
        "root mean square error": metrics.root_mean_squared_error(one_hot.ravel(), p.ravel()),
        "AUC": metrics.roc_auc_score(judged.truth, p, multi_class="ovr"),
        "binary accuracy": metrics.accuracy_score(one_hot.ravel() > 0, p.ravel() > 0.5),
        "binary cross-entropy": metrics.log_loss(one_hot.ravel(), p.ravel()),
    }
    assert lines.keys() == expected.keys()
    for name, value in expected.items():
        assert lines[name].value == pytest.approx(value, abs=1e-9), name
        assert lines[name].low < value < lines[name].high, name


def test_the_constant_predictor_stands_beside(judged):
    lines = by_name(judged)
    commonest = np.full(len(judged), judged.commonest)
    share = (judged.truth == judged.commonest).mean()
    assert lines["accuracy"].majority == pytest.approx(share)
    assert lines["balanced accuracy"].majority == pytest.approx(1 / 4)
    assert lines["AUC"].majority == 0.5
    expected = metrics.f1_score(judged.truth, commonest, average="macro", zero_division=0)
    assert lines["macro-F1"].majority == pytest.approx(expected)
    two = made(classes=("yes", "no"))  # Doherty et al.: a constant answer has macro-F1 = a / (1 + a)
    line, a = by_name(two)["macro-F1"], float((two.truth == two.commonest).mean())
    assert line.majority == pytest.approx(a / (1 + a))


def test_classes_are_those_of_scikit_learn(judged):
    p, r, f, n = metrics.precision_recall_fscore_support(judged.truth, judged.said)
    counts = metrics.multilabel_confusion_matrix(judged.truth, judged.said)
    np.testing.assert_array_equal(
        confusion_matrix(judged), metrics.confusion_matrix(judged.truth, judged.said)
    )
    for k, one in enumerate(class_numbers(judged)):
        assert (one.precision.value, one.recall.value, one.f1.value) == pytest.approx((p[k], r[k], f[k]))
        assert one.n == n[k]
        assert [[one.tn, one.fp], [one.fn, one.tp]] == counts[k].tolist()
        own = judged.truth == k
        expected = metrics.roc_auc_score(own, judged.probabilities[:, k])
        assert area_under_roc(judged, k).value == pytest.approx(expected)


def test_intervals_are_those_of_resampled_galaxies(judged):
    lines = by_name(judged)

    def balanced(truth, said):
        return metrics.recall_score(truth, said, average="macro", labels=np.unique(truth))

    plain = bootstrap(balanced, judged.truth, judged.said, resamples=300)
    ours = lines["balanced accuracy"]
    assert (ours.low, ours.high) == pytest.approx((plain.low, plain.high), abs=0.015)
    own = judged.truth == 2
    area = area_under_roc(judged, 2)
    plain = bootstrap(metrics.roc_auc_score, own, judged.probabilities[:, 2], resamples=300)
    assert (area.low, area.high) == pytest.approx((plain.low, plain.high), abs=0.03)


def test_the_scatter_of_an_area_is_delongs():
    score, own = np.array([0.9, 0.4, 0.7, 0.8, 0.3, 0.4, 0.1]), np.array([1, 1, 1, 0, 0, 0, 0]) > 0
    judged = Judged(("no", "yes"), own.astype(int), np.column_stack([1 - score, score]), np.arange(7))
    pairs = (score[own][:, None] > score[~own]) + 0.5 * (score[own][:, None] == score[~own])
    variance = pairs.mean(axis=1).var(ddof=1) / 3 + pairs.mean(axis=0).var(ddof=1) / 4
    area = area_under_roc(judged, 1)
    assert area.value == pytest.approx(pairs.mean())
    further = max(1.96 * np.sqrt(variance), pairs.mean() - area_ends(pairs.mean(), 3, 4)[0])
    assert area.low == pytest.approx(pairs.mean() - further)
    many = Judged(
        judged.classes,
        *(
            np.tile(v, (60, 1) if v.ndim > 1 else 60)
            for v in (judged.truth, judged.probabilities, judged.ids)
        ),
    )
    assert area_under_roc(many, 1).low > area.low


def test_twenty_right_answers_are_no_certainty():
    p = np.tile([0.9, 0.1], (20, 1))
    p[10:] = p[10:, ::-1]
    judged = Judged(("a", "b"), np.repeat([0, 1], 10), p, np.arange(20))
    line = by_name(judged)["accuracy"]
    assert (line.value, line.high) == (1, 1)
    assert line.low == pytest.approx(0.839, abs=1e-3)  # Wilson's, of 20 in 20


def test_many_galaxies_take_a_normal_interval_that_is_the_same():
    few, many = by_name(made(5000, seed=3)), by_name(made(5001, seed=3))
    for name in ("loss", "root mean square error"):
        assert many[name].high - many[name].low == pytest.approx(few[name].high - few[name].low, rel=0.1)


def test_outputs_one_by_one(judged):
    one_hot = np.eye(4)[judged.truth].ravel() > 0
    tn, fp, fn, tp = metrics.confusion_matrix(one_hot, judged.probabilities.ravel() > 0.5).ravel()
    counts = output_counts(judged)
    assert (counts.tn, counts.fp, counts.fn, counts.tp) == (tn, fp, fn, tp)
    assert counts.precision == pytest.approx(tp / (tp + fp))
    two = output_counts(made(classes=("a", "b")))
    assert (two.tp, two.fp) == (two.tn, two.fn)  # as in the paper's tables


def test_a_class_that_is_never_said_or_never_true():
    p = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.5, 0.4, 0.1]])
    judged = Judged(("a", "b", "c"), np.array([0, 0, 1]), p, np.array(list("xyz")))
    _, b, c = class_numbers(judged)
    assert (b.recall.value, b.f1.value) == (0, 0)
    assert np.isnan(b.precision.value)
    assert np.isnan([c.recall.value, c.precision.value, c.f1.value]).all()
    expected = metrics.f1_score(judged.truth, judged.said, average="macro")
    assert by_name(judged)["macro-F1"].value == pytest.approx(expected)
    assert np.isnan(area_under_roc(judged, 2).value)


def test_bins_of_a_fact(judged):
    rows = by_fact(judged, "magnitude", bins=4)
    assert [row.n for row in rows] == [200] * 4
    assert sum(row.n * row.accuracy.value for row in rows) / 800 == pytest.approx(judged.right.mean())
    assert all(before.high <= after.low for before, after in pairwise(rows))
    half = Judged(
        CLASSES,
        judged.truth,
        judged.probabilities,
        judged.ids,
        {"size": np.where(np.arange(800) < 400, np.nan, 3.0)},
    )
    assert [row.n for row in by_fact(half, "size")] == [400]


@pytest.mark.parametrize("row", [[0.5, 0.6], [1.5, -0.5], [np.nan, 1.0]])
def test_what_is_no_probability_is_refused(row):
    with pytest.raises(DataError, match="galaxy b: 1 rows of probabilities"):
        Judged(("x", "y"), np.array([0, 1]), np.array([[0.2, 0.8], row]), np.array(["a", "b"]))


def test_votes_beside_the_mean():
    rng = np.random.default_rng(0)
    known = rng.dirichlet([2, 1, 1], 300)
    known = np.concatenate([known, rng.uniform(size=(300, 2))], axis=1)
    known[:100, 3:] = np.nan  # a question nobody came to
    foretold = known + rng.normal(0, 0.05, known.shape)
    foretold[:100, 3:] = 0.5
    total, smooth, edge = vote_scores(foretold, known, ["smooth"] * 3 + ["edge"] * 2)
    assert (total.n, smooth.n, edge.n) == (300, 300, 200)
    expected = metrics.mean_absolute_error(known[:, :3], foretold[:, :3])
    assert smooth.absolute.value == pytest.approx(expected)
    assert smooth.square.value == pytest.approx(
        metrics.root_mean_squared_error(known[:, :3].ravel(), foretold[:, :3].ravel())
    )
    assert edge.absolute.low < edge.absolute.value < edge.absolute.high < edge.absolute_of_mean
    flat = vote_scores(np.broadcast_to(np.nanmean(known, 0), known.shape), known, ["a"] * 5)[0]
    assert flat.absolute.value == pytest.approx(flat.absolute_of_mean)
