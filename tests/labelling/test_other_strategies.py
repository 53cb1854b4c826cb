"""The strategies beside greedy, alpha and uncertainty: each does what its name says."""

from dataclasses import replace

import numpy as np
import pytest

from tests.labelling.test_strategies import a_view
from tuningfork.errors import UsageError
from tuningfork.labelling.settings import build_strategy, named_strategy
from tuningfork.labelling.strategies import Answered
from tuningfork.labelling.strategies.margin import margins
from tuningfork.labelling.strategies.novelty import strangeness
from tuningfork.labelling.strategies.view import falling, highest


def rows_of(name, view, n, **settings):
    return [pick.row for pick in build_strategy(name, settings).select(view, n)]


@pytest.mark.parametrize("first", [1, 3, 512])
def test_falling_is_a_stable_sort_whatever_is_sorted_first(first):
    values = np.random.default_rng(0).integers(0, 9, 300).astype(np.float32)
    rows = np.flatnonzero(np.arange(300) % 3 > 0)
    expected = rows[np.argsort(-values[rows], kind="stable")]
    assert list(falling(values, rows, first)) == expected.tolist()
    assert list(falling(values, rows[:0])) == []


def test_highest_keeps_all_that_tie_for_the_last_place():
    values = np.array([5, 1, 3, 3, 3, 9], np.float32)
    assert list(highest(values, np.arange(6), 3)) == [0, 2, 3, 4, 5]
    assert list(highest(values, np.arange(6), 2)) == [0, 5]
    assert list(highest(values, np.arange(6), 0)) == []


def test_margin_asks_between_two_classes():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.45, 0.4, 0.15], [0.34, 0.33, 0.33], [0.6, 0.3, 0.1]])
    view = replace(a_view(n=4), probabilities=probabilities.astype(np.float32))
    assert rows_of("margin", view, 4) == [2, 1, 3, 0]
    np.testing.assert_allclose(margins(view), [0.7, 0.05, 0.01, 0.3], atol=1e-6)


def test_margin_of_yes_and_no_is_uncertainty():
    assert rows_of("margin", a_view(), 9) == rows_of("uncertainty", a_view(), 9)


def test_positive_first_asks_likely_ones_near_the_boundary():
    view = replace(a_view(n=5), scores=np.array([0.9, 0.55, 0.45, 0.1, 0.6], np.float32))
    assert rows_of("positive-first", view, 5) == [1, 4, 0, 2, 3]


def clusters(each=20):
    """Three tight clusters; the scores favour the first."""
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(3), each, 0) + 0.3 * rng.normal(size=(3 * each, 3))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    scores = (1 - np.arange(3 * each) / 100).astype(np.float32)
    return replace(a_view(n=3 * each), vectors=vectors, scores=scores)


@pytest.mark.parametrize("by", ["clusters", "distance"])
def test_diversity_takes_galaxies_of_all_kinds(by):
    rows = np.array(rows_of("diversity", clusters(), 3, by=by, candidates=20))
    assert set(rows // 20) == {0, 1, 2}
    assert set(np.array(rows_of("greedy", clusters(), 3, exploration=0.0)) // 20) == {0}


def test_diversity_stays_among_the_best_candidates():
    assert max(rows_of("diversity", clusters(), 3, candidates=2)) <= 5


def test_similarity_likes_what_was_found_and_not_what_was_refused():
    view = clusters()
    liked = replace(view, history=(Answered(45, True),), taken=np.array([45]))
    assert min(rows_of("similarity", liked, 10)) >= 40
    refused = replace(
        view, history=(Answered(5, True), Answered(25, True), Answered(30, False)), taken=np.array([5])
    )
    assert not set(rows_of("similarity", refused, 20, refusal=1.0)) & set(range(20, 40))


def test_novelty_finds_the_odd_one_and_the_order_stays():
    view = clusters()
    view.vectors[7] = -np.ones(3) / np.sqrt(3)
    assert rows_of("novelty", view, 1) == [7]
    assert strangeness(view).argmax() == 7
    later = replace(view, free=view.free & (np.arange(60) != 7), taken=np.array([7]))
    assert rows_of("novelty", later, 4) == rows_of("novelty", view, 5)[1:]


def test_neighbour_score_follows_the_answers_where_there_are_some():
    view = clusters()
    history = tuple(Answered(row, row >= 40) for row in range(0, 60, 4))
    told = replace(view, history=history, taken=np.array([a.row for a in history]))
    told.free[told.taken] = False
    assert min(rows_of("neighbour-score", told, 8, trust=0.0)) >= 40


def test_expected_improvement_asks_near_what_was_liked():
    view = clusters()
    history = tuple(Answered(row, row >= 40) for row in range(0, 60, 4))
    told = replace(view, history=history, taken=np.array([a.row for a in history]))
    told.free[told.taken] = False
    assert min(rows_of("expected-improvement", told, 8)) >= 40


def test_adaptive_explores_when_nothing_is_found():
    strategy = build_strategy("adaptive", {"least": 0.1, "most": 0.5, "window": 10, "dry": 2})
    for answers, share in (("-" * 10, 0.5), ("-" * 9 + "+", 0.3), ("++" + "-" * 8, 0.1), ("-" * 9, 0.1)):
        history = tuple(Answered(i, sign == "+") for i, sign in enumerate(answers))
        assert strategy.share(replace(a_view(), history=history)) == pytest.approx(share)
    dry = replace(a_view(), history=tuple(Answered(i, False) for i in range(10)))
    assert sum(pick.stream == "explore" for pick in strategy.select(dry, 20)) == 10


def test_a_round_of_positives_alone_goes_where_alpha_is_told():
    view = a_view(history=tuple(Answered(i, True) for i in range(5)))
    top = list(np.argsort(-view.scores)[:4])
    assert rows_of("alpha", view, 4, no_negatives="higher") == top
    assert rows_of("alpha", view, 4) != top


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("alpha", {"no_negatives": "up"}),
        ("diversity", {"by": "colour"}),
        ("diversity", {"candidates": 0}),
        ("neighbour-score", {"floor": 0.5}),
        ("expected-improvement", {"features": 0}),
        ("similarity", {"refusal": -1}),
        ("adaptive", {"least": 0.6, "most": 0.2}),
        ("greedy", {"reach": 0}),
    ],
)
def test_bad_settings_are_refused(name, bad):
    with pytest.raises(UsageError, match=name):
        build_strategy(name, bad)


def test_a_strategy_is_named_with_its_settings():
    assert named_strategy("alpha:alpha=0.1:lower=lowest:examples_count=true") == (
        "alpha",
        {"alpha": 0.1, "lower": "lowest", "examples_count": True},
    )
    assert named_strategy("alpha:round=10")[1] == {"round": 10}
    with pytest.raises(UsageError, match="no setting"):
        named_strategy("alpha:0.1")
