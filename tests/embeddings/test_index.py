"""The fast scan may not change an answer: the same rows as float64, whatever the vectors and the scan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuningfork.embeddings import SearchIndex, halves, index
from tuningfork.embeddings.halves import HalfCopy, halves_are_summed_in_single


def slow(vectors, query, k, allowed=None):
    """What is right: float64, one row after the other, rounded to float32, ties by row."""
    wide = vectors.astype(np.float64)
    norms = np.linalg.norm(wide, axis=1)
    cosines = (wide @ (query / np.linalg.norm(query))) / np.where(norms > 0, norms, 1)
    cosines = cosines.astype(np.float32)
    if allowed is not None:
        cosines[~allowed] = -np.inf
    rows = np.argsort(-cosines, kind="stable")[:k]
    return rows[cosines[rows] > -np.inf], cosines


@pytest.fixture(params=["float32", "float16"])
def made(request, monkeypatch):
    """An index that scans in this precision."""

    def make(vectors, **options):
        found = SearchIndex(vectors, **options)
        if request.param == "float16":
            if not halves_are_summed_in_single():
                pytest.skip("float16 is summed in float16 on this machine")
            monkeypatch.setattr(HalfCopy, "pays", staticmethod(lambda vectors: True))
            found.prepare()
            assert found.copied
        return found

    return make


@pytest.mark.parametrize("kind", ["gaussian", "one cluster", "many the same", "opposite pairs"])
def test_the_same_rows_as_in_float64(made, kind):
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(30_000, 24)).astype(np.float32) * rng.uniform(1e-3, 1e3, (30_000, 1)).astype(
        "f4"
    )
    if kind == "one cluster":  # all cosines within 1e-4: closer than float16 can tell
        vectors = (1 + 1e-3 * rng.normal(size=vectors.shape)).astype(np.float32)
    elif kind == "many the same":
        vectors = np.repeat(vectors[:100], 300, axis=0)
    elif kind == "opposite pairs":
        vectors[1::2] = -vectors[::2]
    found = made(vectors)
    for query in (vectors[17], rng.normal(size=24)):
        rows, scores = found.nearest(query, 50)
        _, cosines = slow(vectors, query, 50)
        np.testing.assert_allclose(scores, np.sort(cosines)[::-1][:50], atol=1.2e-7)
        assert len(set(rows)) == 50
        assert np.all(np.diff(scores) <= 0)
        ties = np.diff(scores) == 0
        assert np.all(np.diff(rows)[ties] > 0)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 400), d=st.integers(1, 40), k=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_no_score_of_the_copy_is_further_off_than_its_bound(seed, n, d, k):
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-6, 6, (n, 1))).astype(np.float32)
    vectors[rng.random((n, d)) < 0.3] = 0
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
    inverse = np.divide(1, norms, where=norms > 0, out=np.zeros(n)).astype(np.float32)
    query = rng.normal(size=d)
    query = (query / np.linalg.norm(query)).astype(np.float32)
    copy = HalfCopy(vectors, inverse)
    cosines = vectors.astype(np.float64) @ query * inverse
    assert np.abs(copy.scores(query).numpy() - cosines).max() <= copy.bound


def test_only_allowed_rows_are_found_and_a_search_may_come_back_empty(made):
    rng = np.random.default_rng(6)
    vectors = rng.normal(size=(20_000, 16)).astype(np.float32)
    allowed, present = rng.random(20_000) < 0.01, rng.random(20_000) < 0.5
    found = made(vectors, present=present)
    both = allowed & present
    rows, _ = found.nearest(vectors[0], 30, allowed=allowed)
    np.testing.assert_array_equal(rows, slow(vectors, vectors[0], 30, both)[0])
    left = found.nearest(vectors[0], 20_000, allowed=allowed, exclude=rows)[0]
    assert set(left) == set(np.flatnonzero(both)) - set(rows)
    assert len(found.nearest(vectors[0], 5, allowed=np.zeros(20_000, bool))[0]) == 0


def test_vectors_too_long_or_short_for_float32_squares_are_found_in_their_place(made):
    vectors = np.random.default_rng(7).normal(size=(5_000, 8)).astype(np.float32)
    query = vectors[10].copy()
    vectors[20], vectors[30], vectors[40] = query * 1e30, query * 1e-30, 0
    found = made(vectors)
    for _ in range(2):
        assert set(found.nearest(query, 3)[0]) == {10, 20, 30}


def test_the_second_search_of_many_makes_the_copy(monkeypatch):
    monkeypatch.setattr(index, "WORTH_A_COPY", 100)
    monkeypatch.setattr(HalfCopy, "pays", staticmethod(lambda vectors: True))
    vectors = np.random.default_rng(8).normal(size=(500, 8)).astype(np.float32)
    found = SearchIndex(vectors)
    first = found.nearest(vectors[3], 20)
    assert not found.copied
    second = found.nearest(vectors[3], 20)
    assert found.copied
    np.testing.assert_array_equal(first, second)


def test_where_float16_is_summed_in_float16_there_is_no_copy(monkeypatch):
    monkeypatch.setattr(halves, "halves_are_summed_in_single", lambda: False)
    found = SearchIndex(np.ones((1000, 4), np.float32))
    found.prepare()
    assert not found.copied
    assert list(found.nearest(np.ones(4), 2)[0]) == [0, 1]
