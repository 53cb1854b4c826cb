import numpy as np
import pytest

from tuningfork.images import adaptive_box, adaptive_crop, central_crop, resize
from tuningfork.images.scaling import scaled


def galaxy(height=128, width=128, row=64, column=64, size=6.0, ratio=1.0):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    profile = np.exp(-np.hypot((y - row) / ratio, x - column) / size)
    return np.repeat(profile[:, :, None], 3, axis=2).astype(np.float32)


def test_rows_stay_rows_and_columns_columns():
    """One bright pixel, off the middle, in a stamp that is not square (a public code swaps the axes)."""
    unit = np.zeros((100, 160, 3), np.float32)
    unit[20, 130] = 1
    box = adaptive_box(unit)
    assert box.top <= 20 < box.top + box.height
    assert box.left <= 130 < box.left + box.width
    crop, scale = adaptive_crop(unit, box.height)
    assert scale == 1
    row, column = np.unravel_index(crop[:, :, 0].argmax(), crop.shape[:2])
    assert (row + box.top, column + box.left) == (20, 130)


def test_box_follows_the_galaxy_size():
    small, large = (adaptive_box(galaxy(size=size)).height for size in (3, 9))
    assert 16 <= small < large <= 128
    assert large > 2 * small


def test_the_box_lies_around_the_middle_of_the_galaxy():
    for margin, most in ((1.0, 0), (1.5, 0.5)):  # an odd side has a pixel in its middle, an even one none
        for size in (3, 4, 6, 8):
            box = adaptive_box(galaxy(row=60, column=70, size=size), margin=margin, least=8)
            off = np.array([box.top + box.height / 2 - 60.5, box.left + box.width / 2 - 70.5])
            assert np.abs(off).max() <= most
    middle = central_crop(np.arange(9).reshape(3, 3), 1)
    assert middle.tolist() == [[4]]
    assert central_crop(np.arange(25).reshape(5, 5), 3).tolist() == [[6, 7, 8], [11, 12, 13], [16, 17, 18]]


def test_box_is_a_square_inside_that_holds_an_edge_on_galaxy():
    box = adaptive_box(galaxy(row=100, size=4, ratio=5))
    assert box.height == box.width
    assert box.top >= 0
    assert box.top + box.height <= 128
    assert box.top < 80


def test_a_brighter_neighbour_does_not_steal_the_box():
    unit = np.maximum(galaxy(size=5) * 0.6, galaxy(row=20, column=110, size=3))
    box = adaptive_box(unit)
    assert abs(box.top + box.height / 2 - 64) < 6
    assert abs(box.left + box.width / 2 - 64) < 6


def test_nothing_to_see_gives_the_central_square():
    box = adaptive_box(np.full((40, 60, 3), 0.3, np.float32))
    assert (box.top, box.left, box.height, box.width) == (0, 10, 40, 40)


def test_crop_keeps_angular_size():
    unit = galaxy(size=4)
    crop, scale = adaptive_crop(unit, 96)
    assert crop.shape == (96, 96, 3)
    assert scale == pytest.approx(adaptive_box(unit).height / 96)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 9, 1), (300, 700, 3)])
def test_odd_sizes(shape):
    crop, scale = adaptive_crop(np.random.default_rng(0).random(shape, dtype=np.float32), 32)
    assert crop.shape == (32, 32, shape[2])
    assert scale > 0


def test_central_crop_by_pixels_and_by_fraction():
    array = np.arange(10 * 12).reshape(10, 12)
    np.testing.assert_array_equal(central_crop(array, 4), array[3:7, 4:8])
    assert central_crop(array, 0.5).shape == (5, 6)
    assert central_crop(array, 99).shape == (10, 12)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        central_crop(array, 1.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_resize_keeps_type_bands_and_range(dtype, channels):
    array = (np.random.default_rng(0).random((30, 40, channels)) * 200).astype(dtype)
    for size in (10, 64, (20, 50)):
        out = resize(array, size)
        assert out.dtype == dtype
        assert out.shape[:2] == ((size, size) if isinstance(size, int) else size)
        assert out.shape[2] == channels
        assert out.max() <= array.max() or dtype != np.float32


def test_shrinking_keeps_the_mean():
    array = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    assert resize(array, 16).mean() == pytest.approx(array.mean(), rel=1e-5)


@pytest.mark.parametrize("bands", [1, 3, 5, 64])
@pytest.mark.parametrize("to", [(17, 23), 0.43])
def test_any_number_of_bands_is_scaled_each_as_if_alone(bands, to):
    import cv2

    pixels = np.random.default_rng(0).random((41, 40, bands)).astype(np.float32)
    got = scaled(pixels, to, cv2.INTER_AREA)
    assert got.shape == ((23, 17, bands) if to == (17, 23) else (18, 17, bands))
    np.testing.assert_array_equal(got[..., -1], scaled(pixels[..., -1], to, cv2.INTER_AREA))
