"""Places in a ranking, vectors that stay on disk, and vectors of several encoders."""

import numpy as np
import pytest

from tests.labelling.conftest import FakeCollection, FakeVectors
from tuningfork.errors import EmbeddingError
from tuningfork.labelling import create_session, list_sessions, pools
from tuningfork.labelling.joined import join, names_of
from tuningfork.labelling.on_disk import DiskVectors, write_prepared
from tuningfork.labelling.pools import load_pool
from tuningfork.labelling.preparation import Preparation
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.ranking import Ranking
from tuningfork.labelling.strategies import Answered, strategies
from tuningfork.labelling.strategies.cells import make_cells
from tuningfork.labelling.strategies.greedy import Greedy


def test_places_are_those_of_the_whole_order():
    scores = np.random.default_rng(0).integers(0, 20, 200).astype(np.float32)
    scores[[3, 50]] = np.nan
    ranking = Ranking(scores, True, "v")
    rows = np.array([7, 3, 199, 7, 120])
    assert list(ranking.places(rows)) == list(ranking.rank[rows])
    assert ranking.rank[3] == 0
    assert sorted(ranking.rank)[-1] == 198
    assert list(ranking.places([])) == []
    assert list(ranking.places([3])) == [0]


@pytest.fixture
def pool(collection, tmp_path):
    vectors, here = collection.vectors, np.ones(len(collection), bool)
    preparation = Preparation(vectors, here)
    return vectors, here, preparation, tmp_path / "prepared.npy"


def test_a_pool_on_disk_ranks_like_one_in_memory(pool, collection):
    vectors, here, preparation, file = pool
    on_disk = write_prepared(file, np.array_split(vectors, 7), len(vectors), preparation)
    rare = np.flatnonzero(collection.kind == 0)
    history = tuple([Answered(int(r), True) for r in rare[:4]] + [Answered(r, False) for r in (1, 2)])
    none = np.empty((0, preparation.dim), np.float32)
    inside = Ranker(vectors, here).rank(history, none, Greedy())
    outside = Ranker.of_prepared(on_disk, here, preparation).rank(history, none, Greedy())
    np.testing.assert_allclose(outside.scores, inside.scores, atol=0.02)
    positives = Ranker.of_prepared(on_disk, here, preparation).rank(
        history[:4], none, Greedy(weak_negatives=0)
    )
    assert positives.scores.argmax() in rare
    assert len(np.unique(make_cells(on_disk, cells=5, seed=0))) == 5
    assert on_disk[[1, 2]].dtype == on_disk[5].dtype == np.float32
    assert not list(file.parent.glob(".*part"))


def test_the_number_of_vectors_must_be_what_was_said(pool):
    vectors, _, preparation, file = pool
    for rows in (len(vectors) - 1, len(vectors) + 1):
        with pytest.raises(ValueError, match=str(rows)):
            write_prepared(file, [vectors], rows, preparation)
    assert not file.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"not an array", np.zeros((3, 2)), np.zeros(3, np.float16), np.array([{"a": 1}], object)],
    ids=["empty", "text", "double", "flat", "pickle"],
)
def test_other_files_are_refused(tmp_path, content):
    file = tmp_path / "prepared.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content, allow_pickle=True)
    with pytest.raises(EmbeddingError, match="Prepare them again"):
        DiskVectors(file)


def test_encoders_side_by_side_weigh_the_same():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([1000 * rng.normal(size=(50, 4)), rng.normal(size=(50, 9))], 1)
    out = Preparation(vectors.astype(np.float32), np.ones(50, bool), widths=(4, 9))(vectors)
    np.testing.assert_allclose((out[:, :4] ** 2).sum(1), 0.5, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="widths"):
        Preparation(vectors, np.ones(50, bool), widths=(4, 8))


def test_names_of_encoders_keep_their_endings():
    assert names_of("lvm-tiny+views8+imagenet:a") == ["lvm-tiny+views8", "imagenet:a"]
    assert names_of("lvm-tiny+bands-g.r.i+views8") == ["lvm-tiny+bands-g.r.i+views8"]
    assert names_of(None) == [None]


def test_joined_vectors_are_there_where_all_are(collection):
    half = collection.vectors[:200, :3]
    collection.tables["half-1"] = FakeVectors(
        [f"g{i}" for i in range(200)], half, {"encoder": "half", "created": "2025"}
    )
    pool = load_pool(collection, "made-1+half-1")
    assert pool.joined.widths == (16, 3)
    assert pool.vectors.shape == (400, 19)
    assert pool.present.sum() == 200
    assert not pool.vectors[~pool.present].any()
    assert join(collection, pool.key).key == pool.key == "made-1 + half-1"
    raw = np.concatenate([collection.vectors[:200], half], 1)
    np.testing.assert_allclose(pool.prepare(raw), pool.vectors[:200], atol=1e-3)
    collection.tables["none-1"] = FakeVectors(
        ["elsewhere"], np.zeros((1, 3), np.float32), {"encoder": "none", "created": "2025"}
    )
    with pytest.raises(EmbeddingError, match="no galaxy has vectors of all"):
        load_pool(collection, ["made-1", "none-1"])


def test_a_session_on_disk_takes_the_same_course_as_one_in_memory(tmp_path, monkeypatch):
    courses = {}
    for where in ("memory", "disk"):
        monkeypatch.setattr(pools, "IN_MEMORY", 2**30 if where == "memory" else 1000)
        made = FakeCollection(tmp_path / where)
        made.tables["half-1"] = FakeVectors(
            [f"g{i}" for i in range(390)][::-1], made.vectors[:390, :5][::-1], {"encoder": "half"}
        )
        session = create_session(made, encoder="made-1+half-1")
        session.add_examples(sorted(made.rare)[:2])
        course = []
        for strategy in sorted(set(strategies) - {"novelty", "typical"}):
            session.set_strategy(strategy)
            batch = session.next_batch(6)
            course += [(c.id, c.score, c.rank, c.stream) for c in batch]
            for number, choice in enumerate(batch):
                answer = "yes" if choice.id in made.rare else "no"
                session.answer(choice.id, answer, client_id=strategy, client_seq=number)
        courses[where] = course
        assert [c.id for c in session.similar("g3", 4)] == [c.id for c in session.similar("g3", 4)]
        session.close()
        assert isinstance(session._scoring.vectors, DiskVectors) == (where == "disk")
    assert courses["memory"] == courses["disk"]


def test_the_file_of_a_large_pool_is_made_anew_when_vectors_change(collection, monkeypatch):
    monkeypatch.setattr(pools, "IN_MEMORY", 0)
    first = load_pool(collection).vectors[:]
    folder = collection.path / "sessions" / ".prepared"
    old = [f.name for f in folder.iterdir()]
    collection.tables["made-1"]._vectors, collection.tables["made-1"].version = collection.vectors[::-1], 2
    assert not np.array_equal(load_pool(collection).vectors[:], first)
    assert len(list(folder.iterdir())) == 1
    assert [f.name for f in folder.iterdir()] != old
    assert list_sessions(collection) == []


def test_the_same_picture_is_asked_once_by_joined_vectors(collection):
    twin = collection.vectors.copy()
    twin[1::2] = twin[::2]  # every galaxy is there twice
    collection.tables["made-1"]._vectors = twin
    other = np.random.default_rng(1).normal(size=(200, 7)).astype(np.float32)
    collection.tables["other-1"] = FakeVectors(
        [f"g{i}" for i in range(400)], np.repeat(other, 2, 0), {"encoder": "other"}
    )
    session = create_session(collection, encoder="made-1+other-1", strategy="greedy")
    session.add_examples(["g0"])
    rows = [c.row for c in session.next_batch(60)]
    session.close()
    assert len({row // 2 for row in rows}) == len(rows)
    assert 1 not in rows
