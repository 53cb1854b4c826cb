"""Hand measurements as an encoder, and the twelve that describe clumps, neighbours and outline."""

import numpy as np
import pytest

from tuningfork.encoders import load_encoder
from tuningfork.images.morphology import MORPHOLOGY, describe


def galaxy(*, blobs=((0.0, 0.0, 8.0, 1.0),), side=96):
    """Round blobs (y, x, scale, height) on faint noise: (side, side, 3) in 0..1."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    light = sum(0.7 * h * np.exp(-np.hypot(y - a, x - b) / s) for a, b, s, h in blobs)
    noise = 0.004 * np.random.default_rng(0).normal(size=(side, side, 3))
    return (light[..., None] + 0.05 + noise).clip(0, 1).astype(np.float32)


def told(**options):
    return dict(zip(MORPHOLOGY, describe(galaxy(**options)), strict=True))


def test_a_companion_and_clumps_are_seen():
    alone = told()
    pair = told(blobs=((0, 0, 6, 1), (0, 16, 5, 0.8)))
    apart = told(blobs=((0, 0, 4, 1), (-34, 34, 3, 0.9)))
    clumpy = told(blobs=((0, 0, 8, 1), (14, 3, 1.2, 0.5), (-12, -9, 1.2, 0.5), (2, -16, 1.2, 0.5)))
    assert alone["second peak"] == alone["second peak of its own"] == 0
    assert alone["peaks"] == 1
    assert pair["second peak of its own"] == pytest.approx(0.8, abs=0.15)
    assert pair["M20"] > alone["M20"] + 0.5
    assert apart["neighbours"] > 0.2 > alone["neighbours"]
    assert apart["second peak of its own"] == 0 < apart["second peak"]
    assert clumpy["clumpiness"] > alone["clumpiness"]
    assert clumpy["peaks"] == 4


def test_outline_area_and_colour():
    alone = told()
    assert alone["solidity"] > 0.85
    assert np.exp(alone["area"]) == pytest.approx(np.mean(galaxy().mean(2) > 0.058), rel=0.2)
    blue, red = galaxy(), galaxy()
    blue[..., 0] = 0.05 + 2 * (blue[..., 0] - 0.05)
    blue[..., 2] = red[..., 0] = 0.05 + 0.5 * (red[..., 0] - 0.05)
    assert describe(blue.clip(0, 1))[10] < describe(galaxy())[10] < describe(red)[10]
    assert not describe(galaxy()[..., :1])[10:].any()
    assert not describe(np.zeros((40, 40, 3), np.float32)).any()


def test_the_encoder_gives_numbers_squares_and_products():
    encoder = load_encoder("measured")
    stamps = [galaxy(), galaxy(blobs=((0, 0, 6, 1), (0, 16, 5, 0.8))), np.zeros((20, 20, 1), np.uint8)]
    vectors = encoder.embed(encoder.preprocess(stamps)).numpy()
    assert vectors.shape == (3, encoder.spec.dim) == (3, 170)
    assert np.isfinite(vectors).all()
    assert np.abs(vectors).max() <= 9
    np.testing.assert_allclose(vectors[:, 17:34], vectors[:, :17] ** 2 - 1, atol=1e-4)
    np.testing.assert_allclose(vectors[:, 34], vectors[:, 0] * vectors[:, 1], atol=1e-4)
    turned = encoder.embed(encoder.preprocess([np.rot90(stamps[1]).copy()])).numpy()
    np.testing.assert_allclose(turned[0, :17], vectors[1, :17], atol=0.3)
