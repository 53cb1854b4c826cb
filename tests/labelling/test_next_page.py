"""How many new finds the next page is foretold to bring."""

from dataclasses import replace

import numpy as np
import pytest

from tests.labelling.conftest import FakeCollection
from tuningfork.labelling import create_session
from tuningfork.labelling.held_out import held_out
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.strategies import Answered
from tuningfork.labelling.strategies.alpha import Alpha
from tuningfork.labelling.strategies.greedy import Greedy
from tuningfork.labelling.streams.settings import Streams

NONE = np.empty((0, 16), np.float32)


def replayed(path, seed, pages=4):
    """(low, high, new finds) of each page, answered rightly."""
    many = FakeCollection(path, n=300, seed=seed)
    made, told = create_session(many, name="dry", seed=seed, streams=Streams.usual()), []
    made.add_examples(sorted(many.rare)[:2])
    for page in range(pages):
        ahead = made.next_batch(24)
        foretold = made.expected_finds(ahead)
        if foretold is not None:
            told.append((*foretold, sum(c.id in many.rare for c in ahead if c.stream != "repeat")))
        for k, c in enumerate(ahead):
            word = "yes" if c.id in many.rare else "no"
            made.answer(c.id, word, client_id="r", client_seq=24 * page + k, shown=c.shown())
    made.close()
    return told


def test_when_finds_run_dry_the_range_follows(tmp_path):
    """All of the kind come on the first page, and the pages after hold none."""
    low, high, new = np.array([row for seed in range(4) for row in replayed(tmp_path / str(seed), seed)]).T
    assert new.sum() <= 2
    assert np.mean((low <= new) & (new <= high)) >= 0.75  # 0.30 with scores of the moment of asking
    assert np.median(high) <= 8


@pytest.fixture
def told(collection):
    rare, common = np.flatnonzero(collection.kind == 0), np.flatnonzero(collection.kind != 0)
    yes = [Answered(int(r), True) for r in rare]
    return tuple(yes + [Answered(int(r), False) for r in common[:40]])


def test_a_held_out_score_has_not_learnt_the_answer(collection, told):
    ranker = Ranker(collection.vectors, np.ones(len(collection), bool))
    scores, yes = held_out(ranker, told, NONE, Greedy()), np.array([a.positive for a in told])
    assert scores[yes].min() > scores[~yes].max()  # a kind far from the others
    lots = np.random.default_rng(0).random(len(told)) < 0.5
    blind = held_out(
        ranker, tuple(replace(a, positive=bool(y)) for a, y in zip(told, lots, strict=True)), NONE, Greedy()
    )
    assert abs(blind[lots].mean() - blind[~lots].mean()) < 0.15


def test_what_is_learnt_by_heart_is_not_in_a_held_out_score(tmp_path):
    many = FakeCollection(tmp_path / "wide", n=200, dim=400)  # every answer could be learnt by heart
    many.vectors = np.random.default_rng(1).normal(size=many.vectors.shape).astype(np.float32)
    ranker, yes = Ranker(many.vectors, np.ones(200, bool)), np.arange(60) % 2 == 0
    told = tuple(Answered(row, bool(y)) for row, y in enumerate(yes))
    own = ranker.rank(told, np.empty((0, ranker.prepare.dim), np.float32), Greedy()).scores[:60]
    assert own[yes].mean() - own[~yes].mean() > 0.2
    blind = held_out(ranker, told, np.empty((0, ranker.prepare.dim), np.float32), Greedy())
    assert abs(blind[yes].mean() - blind[~yes].mean()) < 0.05


def test_too_few_to_hold_any_out(collection, told):
    ranker = Ranker(collection.vectors, np.ones(len(collection), bool))
    assert held_out(ranker, told[:1], NONE, Greedy()) is None
    assert held_out(ranker, told[:9], NONE, Alpha(weak_negatives=0)) is None


def test_a_page_of_second_looks_brings_nothing_new(session, collection):
    session.add_examples(sorted(collection.rare)[:2])
    again = [replace(c, stream="repeat") for c in session.next_batch(5)]
    assert session.expected_finds(again) == (0, 0)
