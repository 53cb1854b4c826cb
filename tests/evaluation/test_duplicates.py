"""Near-duplicates are found by pixels and by place, and other galaxies are not taken for them."""

import cv2
import numpy as np
import pytest

from tuningfork.evaluation import duplicates_in, fingerprint, same_sky


def _stamp(seed: int, side: int = 128) -> np.ndarray:
    """A round glow that all share, with knots and noise of its own."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] - side / 2
    image = 150 * np.exp(-np.hypot(x, y) / 18)
    for _ in range(12):
        oy, ox = rng.normal(0, 22, 2)
        image += rng.uniform(5, 40) * np.exp(-((x - ox) ** 2 + (y - oy) ** 2) / 18)
    image = image[..., None] * [0.8, 0.9, 1.0] + rng.normal(8, 4, (side, side, 3))
    return image.clip(0, 255).astype(np.uint8)


def _again(stamp: np.ndarray) -> np.ndarray:
    """Half size, compressed once more."""
    side = stamp.shape[0] // 2
    small = cv2.resize(stamp, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR)


def test_the_same_picture_compressed_again_is_found_and_no_other():
    train = np.array([fingerprint(_stamp(seed)) for seed in range(30)])
    test = np.array([fingerprint(_again(_stamp(seed))) for seed in (3, 17, 101, 102)])
    np.testing.assert_array_equal(duplicates_in(test, train), [True, True, False, False])


def test_flat_pictures_are_no_duplicates():
    flat = np.array([fingerprint(np.full((40, 40, 3), 7, dtype=np.uint8))] * 2)
    assert not duplicates_in(flat, flat).any()


def test_the_same_place_is_found_across_zero_and_near_the_pole():
    ra, dec = np.array([359.9999, 10.0, 100.0, np.nan]), np.array([0.0, 89.999, 20.0, 5.0])
    other_ra, other_dec = np.array([0.0001, 40.0, 100.01]), np.array([0.0, 89.999, 20.0])
    found = same_sky(ra, dec, other_ra, other_dec, radius=3.0)
    np.testing.assert_array_equal(found, [True, True, False, False])


def test_without_positions_nothing_is_found():
    nothing = np.full(3, np.nan)
    assert not same_sky(nothing, nothing, np.zeros(2), np.zeros(2)).any()


@pytest.mark.realdata
def test_on_real_galaxies_the_threshold_lies_in_a_wide_gap(survey_data):
    files = sorted((survey_data / "gz5" / "images").glob("*.jpg"))[:200]
    stamps = [cv2.imread(str(file)) for file in files]
    prints = np.array([fingerprint(stamp) for stamp in stamps])
    again = np.array([fingerprint(_again(stamp)) for stamp in stamps[:50]])
    assert ((again * prints[:50]).sum(axis=1) > 0.9).all()
    products = prints @ prints.T
    np.fill_diagonal(products, 0)
    assert products.max() < 0.65
