import numpy as np
import pytest

from tuningfork.labelling.preparation import Preparation


def cloud(n=500, dim=6, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, dim)) * [16, 4, 1, 1, 1, 0] + 100).astype(np.float32)


def test_unit_length_and_the_strongest_directions_only():
    vectors = cloud()
    out = Preparation(vectors, np.ones(500, bool), directions=3)(vectors)
    assert out.shape == (500, 3)
    assert out.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)


def test_spreads_are_half_whitened():
    """A direction of standard deviation s is left with the square root of s."""
    vectors = cloud()
    ready = Preparation(vectors, np.ones(500, bool))
    ((centre, basis),) = ready._maps
    spread = ((vectors - centre) @ basis).std(0)
    expected = np.sqrt(np.sort(vectors.std(0))[::-1])
    np.testing.assert_allclose(spread[:5], expected[:5], rtol=0.05)
    assert spread[5] == pytest.approx(0, abs=1e-2)  # a constant feature stays silent


def test_what_is_missing_teaches_nothing():
    vectors, present = cloud(), np.ones(500, bool)
    present[:50] = False
    expected = Preparation(vectors[50:], np.ones(450, bool))(vectors[50:])
    vectors[:50] = 0
    np.testing.assert_allclose(Preparation(vectors, present)(vectors[50:]), expected, atol=1e-5)


def test_one_vector_and_equal_vectors_do_not_fail():
    for vectors in (cloud(1), np.ones((5, 4), np.float32)):
        out = Preparation(vectors, np.ones(len(vectors), bool))(vectors)
        assert np.isfinite(out).all()


def test_the_unit_does_not_matter():
    vectors = cloud()
    here = np.ones(500, bool)
    np.testing.assert_allclose(
        Preparation(vectors * 1000, here)(vectors * 1000), Preparation(vectors, here)(vectors), atol=1e-4
    )
