import numpy as np
import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.settings import build_strategy
from tuningfork.labelling.strategies import Answered, View, strategies
from tuningfork.labelling.strategies.alpha import Alpha
from tuningfork.labelling.strategies.cells import cell_statistics, make_cells, representatives
from tuningfork.labelling.strategies.view import fresh


def a_view(n=200, learnt=True, taken=(), history=(), seed=0, dim=12):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = rng.random(n).astype(np.float32) if learnt else np.zeros(n, np.float32)
    free = np.ones(n, bool)
    free[list(taken)] = False
    return View(
        vectors=vectors,
        scores=scores,
        learnt=learnt,
        free=free,
        taken=np.array(taken, np.int64),
        history=tuple(history),
        cells=lambda: make_cells(vectors, cells=10, seed=0),
        rng=np.random.default_rng(1),
    )


@pytest.mark.parametrize("name", list(strategies))
@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("n", [0, 1, 7, 200, 500])
def test_picks_are_free_different_and_as_many_as_wished(name, learnt, n):
    view = a_view(learnt=learnt, taken=(3, 4, 5))
    picks = build_strategy(name, {}).select(view, n)
    rows = [p.row for p in picks]
    assert len(rows) == len(set(rows)) == min(n, 197)
    assert view.free[rows].all()
    assert all(p.reason and p.stream in ("hunt", "explore", "random") for p in picks)


@pytest.mark.parametrize("name", list(strategies))
def test_nothing_left_gives_nothing(name):
    for learnt in (False, True):
        assert build_strategy(name, {}).select(a_view(n=20, learnt=learnt, taken=range(20)), 5) == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", list(strategies))
@pytest.mark.parametrize("left", [0, 20])
def test_pools_of_one_picture_and_one_score_are_asked_without_a_murmur(name, left):
    """All vectors are the same, all scores tie, all answers were yes."""
    view = a_view(n=30, taken=range(30 - left), history=[Answered(row, True) for row in range(5)])
    view.vectors[:], view.scores[:] = view.vectors[0], 0.5
    rows = [pick.row for pick in build_strategy(name, {}).select(view, 12)]
    assert len(rows) == len(set(rows)) == min(left, 12)
    assert view.free[rows].all()


@pytest.mark.parametrize("name", list(strategies))
def test_the_same_view_gives_the_same_picks(name):
    assert build_strategy(name, {}).select(a_view(), 20) == build_strategy(name, {}).select(a_view(), 20)


def test_greedy_without_exploring_is_the_order_of_scores():
    view = a_view(taken=(0, 1))
    rows = [p.row for p in build_strategy("greedy", {"exploration": 0.0}).select(view, 30)]
    expected = [r for r in np.argsort(-view.scores) if r > 1][:30]
    assert rows == expected


@pytest.mark.parametrize("size", [1, 3, 10, 24])
def test_greedy_explores_its_share_whatever_the_batch(size):
    strategy, explored, asked = build_strategy("greedy", {}), 0, []
    while len(asked) < 100:
        picks = strategy.select(a_view(history=asked), min(size, 100 - len(asked)))
        explored += sum(p.stream == "explore" for p in picks)
        asked += [Answered(p.row, False) for p in picks]
    assert explored == 20


def test_greedy_explores_different_cells():
    view = a_view()
    picks = build_strategy("greedy", {}).select(view, 40)
    cells = [int(view.cells()[p.row]) for p in picks if p.stream == "explore"]
    assert len(set(cells)) == len(cells) == 8


def test_cold_start_shows_one_of_each_kind_first():
    view = a_view(learnt=False)
    cells = view.cells()
    rows = representatives(view, 10)
    assert sorted(cells[rows]) == sorted(set(cells))
    sizes = np.bincount(cells)[cells[rows]]
    assert list(sizes) == sorted(sizes, reverse=True)


def test_uncertainty_asks_at_one_half():
    view = a_view()
    rows = [p.row for p in build_strategy("uncertainty", {}).select(view, 5)]
    assert set(rows) == set(np.argsort(np.abs(view.scores - 0.5))[:5])


def test_random_logs_its_probability_and_is_uniform():
    counts = np.zeros(20)
    for seed in range(400):
        view = a_view(n=20)
        view.rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
        for pick in build_strategy("random", {}).select(view, 5):
            counts[pick.row] += 1
            assert pick.probability == 0.25
    assert counts.min() > 60  # expected 100, standard deviation 9
    assert counts.max() < 140


def test_a_near_duplicate_is_asked_last():
    view = a_view(n=6, taken=(0,))
    view.vectors[3] = view.vectors[0]  # the picture of one that was asked
    view.vectors[5] = view.vectors[4]  # and two of the same
    assert fresh(view, np.arange(1, 6), 3) == [1, 2, 4]
    assert fresh(view, np.arange(1, 6), 5) == [1, 2, 4, 3, 5]
    assert fresh(view, np.array([1, 2]), 2, beside=[1]) == [2, 1]


# the alpha rule ------------------------------------------------------------------------------------


def answers(*signs, example=False):
    return tuple(Answered(i, s == "+", example) for i, s in enumerate(signs))


@pytest.mark.parametrize(
    ("history", "ratio"),
    [
        (answers(*"++--"), 1.0),
        (answers(*"+---"), 1 / 3),
        (answers(*"+++"), float("inf")),
        (answers(*"---"), 0.0),
        ((), 0.0),
        (answers(*"+++", example=True), 0.0),
        (answers(*"----" + "+-" * 10), 1.0),  # the latest 20 only
    ],
)
def test_the_ratio_of_the_latest_round(history, ratio):
    assert Alpha().ratio(history) == pytest.approx(ratio)


def test_examples_count_as_a_round_when_asked_to():
    assert Alpha(examples_count=True).ratio(answers(*"++--", example=True)) == 1.0


def test_alpha_asks_higher_until_the_ratio_passes_it():
    low = a_view(history=answers(*"+" * 6, *"-" * 14))
    high = a_view(history=answers(*"+" * 14, *"-" * 6))
    top = list(np.argsort(-low.scores)[:5])
    assert [p.row for p in Alpha(alpha=0.5).select(low, 5)] == top
    assert [p.row for p in Alpha(alpha=0.1).select(low, 5)] != top
    boundary = [p.row for p in Alpha(alpha=0.9).select(high, 5)]
    below = np.flatnonzero(high.scores <= 0.5)
    assert boundary == list(below[np.argsort(-high.scores[below])][:5])


def test_the_meanings_of_lower():
    view = a_view(history=answers("+"))
    lowest = [p.row for p in Alpha(lower="lowest").select(view, 4)]
    assert lowest == list(np.argsort(view.scores)[:4])
    quantile = [p.row for p in Alpha(lower="quantile", depth=0.9).select(view, 4)]
    assert quantile == list(np.argsort(-view.scores)[20:24])


@pytest.mark.parametrize("bad", [{"alpha": 1.1}, {"lower": "down"}, {"round": 0}, {"depth": -1.0}])
def test_alpha_refuses_what_it_does_not_mean(bad):
    with pytest.raises(UsageError, match="alpha"):
        build_strategy("alpha", bad)


def test_unknown_names_and_settings_are_refused():
    with pytest.raises(UnknownNameError, match="greedy"):
        build_strategy("gredy", {})
    with pytest.raises(UnknownNameError, match="exploration"):
        build_strategy("greedy", {"explore": 0.1})


# cells ---------------------------------------------------------------------------------------------


def test_cells_find_clusters_and_are_the_same_each_time():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, 300)
    vectors = (8 * np.eye(4)[kind] + rng.normal(size=(300, 4))).astype(np.float32)
    cells = make_cells(vectors, cells=4, seed=5)
    assert len({(k, c) for k, c in zip(kind, cells, strict=True)}) == 4
    np.testing.assert_array_equal(cells, make_cells(vectors, cells=4, seed=5))


def test_fewer_galaxies_than_cells():
    assert len(np.unique(make_cells(np.eye(3, dtype=np.float32), cells=60, seed=0))) == 3


def test_statistics_of_cells_equal_a_loop():
    rng = np.random.default_rng(0)
    cells, values = rng.integers(0, 5, 100), rng.normal(size=100)
    rows = np.flatnonzero(rng.random(100) < 0.7)
    mean, spread = cell_statistics(cells[rows], values[rows], 5)
    for cell in range(5):
        own = values[[r for r in rows if cells[r] == cell]]
        assert mean[cell] == pytest.approx(own.mean())
        assert spread[cell] == pytest.approx(own.std())
