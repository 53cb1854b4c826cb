"""Search: exact, examples left out, positives and negatives, outside pictures."""

import numpy as np
import pytest

from tuningfork.embeddings import SearchIndex, search
from tuningfork.embeddings.index import direction
from tuningfork.errors import EmbeddingError, UnknownNameError, UsageError

from .fakes import MemoryTable


@pytest.fixture
def pointing(galaxies):
    """20 unit vectors fanned out from 0 to 95 degrees, 5 degrees apart, of different lengths."""
    angles = np.radians(np.arange(20) * 5.0)
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]) * np.linspace(1, 9, 20)[:, None]
    galaxies.tables["k"] = MemoryTable()
    galaxies.tables["k"].append(galaxies.names, vectors.astype(np.float32), {"encoder": "e"})
    return galaxies


def test_neighbours_come_in_order_of_angle_without_the_example(pointing):
    found = search(pointing, ids=["galaxy-000"], k=3)
    assert list(found.ids) == ["galaxy-001", "galaxy-002", "galaxy-003"]
    np.testing.assert_allclose(found.scores, np.cos(np.radians([5, 10, 15])), atol=1e-6)
    assert found.to_records()[0] == {"id": "galaxy-001", "score": pytest.approx(np.cos(np.radians(5)))}


def test_several_positives_are_averaged(pointing):
    assert list(search(pointing, ids=["galaxy-002", "galaxy-006"], k=1).ids) == ["galaxy-004"]


def test_negatives_push_away(pointing):
    found = search(pointing, ids=["galaxy-010"], negatives=["galaxy-008"], k=18)
    assert found.ids[0] == "galaxy-019"
    assert not {"galaxy-010", "galaxy-008"} & set(found.ids)


def test_more_than_there_are_gives_all(pointing):
    assert len(search(pointing, ids=["galaxy-000"], k=500)) == 19


def test_galaxies_without_a_vector_are_never_found(pointing):
    table = pointing.tables["k"]
    ids, vectors = table.read()
    table.fragments = [(ids[:10], vectors[:10])]
    assert set(search(pointing, ids=["galaxy-000"], k=50).ids) == set(pointing.names[1:10])
    with pytest.raises(EmbeddingError, match="galaxy-015"):
        search(pointing, ids=["galaxy-015"])


@pytest.mark.parametrize("settings", [{}, {"ids": ["galaxy-000"], "k": 0}, {"negatives": ["galaxy-000"]}])
def test_impossible_searches_are_refused(pointing, settings):
    with pytest.raises(UsageError):
        search(pointing, **settings)


def test_an_unknown_id_gets_the_nearest_ones(pointing):
    with pytest.raises(UnknownNameError, match="galaxy-017"):
        search(pointing, ids=["galaxy-17"])


def test_examples_that_cancel_out_are_refused():
    with pytest.raises(EmbeddingError, match="cancel"):
        direction(np.ones((1, 3)), np.ones((1, 3)))


def test_the_index_agrees_with_a_slow_loop():
    rng = np.random.default_rng(3)
    vectors, query = rng.normal(size=(500, 24)).astype(np.float32), rng.normal(size=24).astype(np.float32)
    cosines = np.array([v @ query / np.linalg.norm(v) / np.linalg.norm(query) for v in vectors])
    index = SearchIndex(vectors)
    for _ in range(2):  # the first call takes the norms, the second uses them
        rows, scores = index.nearest(query, 30)
        np.testing.assert_array_equal(rows, np.argsort(-cosines, kind="stable")[:30])
        np.testing.assert_allclose(scores, np.sort(cosines)[::-1][:30], atol=1e-6)


def test_equal_scores_come_in_row_order_and_zero_vectors_last():
    vectors = np.array([[1, 0], [0, 0], [1, 0], [2, 0], [-1, 0]], dtype=np.float32)
    rows, scores = SearchIndex(vectors).nearest(np.array([1.0, 0.0]), 5)
    np.testing.assert_array_equal(rows, [0, 2, 3, 1, 4])
    np.testing.assert_allclose(scores, [1, 1, 1, 0, -1])
