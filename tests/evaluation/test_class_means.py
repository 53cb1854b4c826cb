"""Numbers of few galaxies, all of them right or nearly: no certainty, and ends that hold the truth."""

import numpy as np
import pytest

from tuningfork.evaluation import Judged, area_under_roc, class_numbers, headline, label_numbers, wilson
from tuningfork.evaluation.class_means import mean_f1, mean_share
from tuningfork.evaluation.classified import area_ends
from tuningfork.evaluation.confusion import from_confusion

SHARES = ("accuracy", "balanced accuracy", "macro precision", "macro-F1", "AUC", "binary accuracy")


def all_right(counts):
    truth = np.repeat(np.arange(len(counts)), counts)
    p = np.full((len(truth), len(counts)), 0.1 / (len(counts) - 1))
    p[np.arange(len(truth)), truth] = 0.9
    return Judged(tuple("abcd"[: len(counts)]), truth, p, np.arange(len(truth)))


@pytest.mark.parametrize("counts", [(5, 5), (3, 4, 3), (40, 1, 200)])
def test_no_number_of_right_answers_is_certain(counts):
    judged = all_right(counts)
    lines = {line.name: line for line in headline(judged)}
    for name in SHARES:
        assert lines[name].value == pytest.approx(1)
        assert 0 < lines[name].low < 0.995, name
        assert lines[name].high == pytest.approx(1)
    assert all(one.f1.low < 1 for one in class_numbers(judged))
    assert area_under_roc(judged, 1).low < 1
    assert lines["balanced accuracy"].low <= lines["accuracy"].low + 1e-9  # small classes are less sure


def test_ends_by_hand():
    low = [wilson(n, n).low for n in (10, 5)]
    assert mean_share(np.array([10, 5]), np.array([10, 5])).low == pytest.approx(
        1 - np.hypot(1 - low[0], 1 - low[1]) / 2
    )
    # two classes of one size: each wrong answer is in both, as one wrong answer of all
    assert mean_f1(np.array([10, 10]), np.array([10, 10])).low == pytest.approx(wilson(20, 20).low)
    nothing = mean_share(np.array([5, 0]), np.array([5, 0]))  # a class that was never said: 0, or anything
    assert (nothing.value, nothing.high) == (0.5, pytest.approx(1.0))


def covered(recalls, counts, trials=600):
    """How often the ends hold the balanced accuracy and the macro-F1 that many galaxies would have."""
    rng, kinds = np.random.default_rng(0), len(counts)
    chances = np.array(recalls)[:, None] * np.eye(kinds)
    chances += (1 - np.eye(kinds)) * (1 - np.array(recalls)[:, None]) / (kinds - 1)
    many = from_confusion(np.rint(chances * np.array(counts)[:, None] * 1_000_000).astype(np.int64))
    held = {name: [] for name in ("balanced accuracy", "macro-F1")}
    for _ in range(trials):
        found = from_confusion(
            np.array([rng.multinomial(n, p) for n, p in zip(counts, chances, strict=True)])
        )
        for name, each in held.items():
            each.append(found[name].low <= many[name].value <= found[name].high)
    return {name: float(np.mean(each)) for name, each in held.items()}


@pytest.mark.parametrize(
    ("recalls", "counts"),
    [
        ((0.9, 0.9), (10, 10)),
        ((0.97, 0.9, 0.8), (60, 20, 5)),
        ((0.99, 0.99, 0.99), (10, 10, 10)),
        ((0.95, 0.9, 0.8, 0.95), (190, 110, 14, 60)),
    ],
)
def test_means_over_classes_hold_what_they_promise(recalls, counts):
    found = covered(recalls, counts)
    assert min(found.values()) > 0.92, found  # with a bootstrap 0.25 to 0.96


@pytest.mark.parametrize(("m", "n", "apart"), [(8, 8, 2.3), (10, 60, 2.6), (40, 40, 1.0)])
def test_an_area_holds_what_it_promises(m, n, apart):
    from scipy.stats import norm

    rng, held = np.random.default_rng(1), []
    for _ in range(400):
        p = norm.cdf(np.r_[rng.normal(0, 1, n), rng.normal(apart, 1, m)])
        judged = Judged(("no", "yes"), np.repeat([0, 1], [n, m]), np.stack([1 - p, p], 1), np.arange(m + n))
        area = area_under_roc(judged)
        held.append(area.low <= norm.cdf(apart / np.sqrt(2)) <= area.high)
    assert np.mean(held) > 0.93


def test_ends_of_an_area_are_the_roots_of_its_own_variance():
    for area, m, n in ((1.0, 10, 10), (0.93, 7, 40), (0.0, 3, 3)):
        low, high = area_ends(area, m, n)
        assert 0 <= low <= area <= high <= 1
        for end in (low, high):
            if 0 < end < 1:
                q1, q2, half = end / (2 - end), 2 * end**2 / (1 + end), (m + n) / 2 - 1
                variance = (end * (1 - end) + half * (q1 - end**2) + half * (q2 - end**2)) / (m * n)
                assert abs(area - end) == pytest.approx(1.96 * np.sqrt(variance), rel=1e-4)


@pytest.mark.parametrize("one", [True, False])
def test_labels_that_are_all_right_are_no_certainty(one):
    rng = np.random.default_rng(0)
    wanted = np.eye(3)[np.arange(12) % 3] if one else rng.integers(0, 2, (12, 3)).astype(float)
    said = np.where(wanted > 0, 0.9, 0.1)
    lines = {line.name: line for line in label_numbers(said[None], wanted, one=one, resamples=200)}
    for name in ("Binary accuracy", "Precision", "Recall", "AUC", "Balanced accuracy"):
        assert lines[name].value == pytest.approx(1)
        assert 0.3 < lines[name].low < 0.95, name
    assert lines["Binary accuracy"].low == pytest.approx(wilson(12, 12).low)
    said[0] = said[0][::-1] if one else 1 - said[0]
    wrong = {line.name: line for line in label_numbers(said[None], wanted, one=one, resamples=200)}
    assert wrong["Binary accuracy"].low < wrong["Binary accuracy"].value < 1
