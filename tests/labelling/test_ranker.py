import numpy as np
import pytest

from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.strategies import Answered
from tuningfork.labelling.strategies.alpha import Alpha
from tuningfork.labelling.strategies.greedy import Greedy

NONE = np.empty((0, 16), np.float32)


def history(collection, positives=3, negatives=0):
    rare, common = np.flatnonzero(collection.kind == 0), np.flatnonzero(collection.kind != 0)
    return tuple(
        [Answered(int(r), True) for r in rare[:positives]]
        + [Answered(int(r), False) for r in common[:negatives]]
    )


@pytest.fixture
def ranker(collection):
    return Ranker(collection.vectors, np.ones(len(collection), bool))


def test_nothing_known_ranks_nothing(ranker):
    ranking = ranker.rank((), NONE, Greedy())
    assert not ranking.learnt
    assert not ranking.scores.any()


@pytest.mark.parametrize(("positives", "negatives"), [(1, 0), (3, 0), (3, 20), (0, 5)])
@pytest.mark.parametrize("strategy", [Greedy(), Alpha()])
def test_the_rare_kind_comes_first(ranker, collection, positives, negatives, strategy):
    ranking = ranker.rank(history(collection, positives, negatives), NONE, strategy)
    assert ranking.learnt == (positives > 0)
    if positives:
        top = np.argsort(ranking.rank)[:10]
        assert (collection.kind[top] == 0).mean() > 0.8


def test_an_outside_picture_is_enough(ranker, collection):
    rare = collection.vectors[collection.kind == 0][:1]
    ranking = ranker.rank((), ranker.prepare(rare), Greedy())
    assert ranking.learnt
    assert (collection.kind[np.argsort(ranking.rank)[:10]] == 0).mean() > 0.8


def test_ranks_are_one_to_n_and_galaxies_without_a_vector_have_none(collection):
    present = np.ones(len(collection), bool)
    present[[5, 9]] = False
    ranking = Ranker(collection.vectors, present).rank(history(collection), NONE, Greedy())
    assert np.isnan(ranking.scores[[5, 9]]).all()
    assert list(ranking.rank[[5, 9]]) == [0, 0]
    assert sorted(ranking.rank[present]) == list(range(1, len(collection) - 1))


def test_the_version_is_the_answers_not_their_order(ranker, collection):
    given = history(collection, 3, 4)
    first = ranker.rank(given, NONE, Greedy())
    assert ranker.rank(given[::-1], NONE, Greedy()).version == first.version
    assert ranker.rank(given[1:], NONE, Greedy()).version != first.version
    assert ranker.with_head("mlp")._version(given, NONE, Greedy()) != first.version
    assert ranker._version(given, NONE, Greedy(weak_weight=0.1)) != first.version


def test_the_same_answers_give_the_same_scores(ranker, collection):
    given = history(collection, 3, 4)
    np.testing.assert_array_equal(
        ranker.rank(given, NONE, Greedy()).scores, ranker.rank(given, NONE, Greedy()).scores
    )


def test_held_out_galaxies_are_scored_but_never_learnt_from(collection):
    held = collection.kind == 10
    ranker = Ranker(collection.vectors, np.ones(len(collection), bool), held_out=held)
    given = history(collection)
    before = ranker.rank(given, NONE, Greedy(weak_negatives=1000))
    weak = ranker.weak_negatives(given, Greedy(weak_negatives=1000), False)
    assert not held[weak].any()
    assert np.isfinite(before.scores[held]).all()


def test_weak_negatives_are_redrawn_and_never_answered_ones(ranker, collection):
    given = history(collection, 3, 4)
    first = ranker.weak_negatives(given, Greedy(), True)
    second = ranker.weak_negatives(given[:-1], Greedy(), True)
    assert len(first) == (len(collection) - 7) // 5  # a small pool
    assert not set(first) & {a.row for a in given}
    assert set(first) != set(second)
    assert len(ranker.weak_negatives(given, Alpha(), True)) == 0
    assert len(ranker.weak_negatives(given, Alpha(weak_negatives=9), False)) == 9
