"""A network sees the same galaxy in training and in use: place, scale, bands and brightness of the window."""

import numpy as np
import pytest
import torch

from tuningfork.encoders import Preprocessing
from tuningfork.images.augment import take_windows
from tuningfork.tasks.training_view import frames_of


def _stamp(side: int) -> np.ndarray:
    """A round galaxy with a blue knot to the upper left and a red one to the right, (side, side, 3) uint8."""
    y, x = (np.mgrid[:side, :side] - (side - 1) / 2) / side

    def spot(at_y, at_x, size):
        return np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * size**2))

    body, blue, red = spot(0, 0, 0.08), spot(-0.1, -0.12, 0.02), spot(0.02, 0.15, 0.02)
    bands = [0.5 * body + 0.5 * blue, 0.6 * body, 0.6 * body + 0.4 * red]
    return (255 * (np.stack(bands, axis=-1) + 0.03)).clip(0, 255).round().astype(np.uint8)


def _in_training(stamp: np.ndarray, size: int, zoom: float) -> np.ndarray:
    pixels, radii = frames_of([stamp])
    return take_windows(pixels, zoom * radii, size)[0].numpy()


def _knots(view: np.ndarray) -> np.ndarray:
    """Row and column of the blue and of the red knot: where the first and last band stand out most."""
    return np.array([np.unravel_index((view[band] - view[1]).argmax(), (64, 64)) for band in (0, 2)])


@pytest.mark.parametrize("side", [100, 132, 200, 264])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_the_window_of_training_is_the_window_of_use(side, kind):
    stamp = _stamp(side)
    given = {
        np.uint8: stamp,
        np.uint16: stamp.astype(np.uint16) * 257,
        np.float32: stamp.astype(np.float32) / 255,
    }
    used = Preprocessing(size=64, zoom=1.2)([given[kind]])[0].numpy()
    trained = _in_training(given[kind], 64, 1.2)
    assert np.abs(used - trained).mean() < 0.005
    assert np.abs(_knots(used) - _knots(trained)).max() <= 1


def test_a_mirrored_or_swapped_window_would_be_noticed():
    used = Preprocessing(size=64, zoom=1.2)([_stamp(132)])[0].numpy()
    for wrong in (used[:, :, ::-1], used[:, ::-1], used.transpose(0, 2, 1), used[::-1]):
        assert np.abs(_knots(used) - _knots(wrong)).max() > 5


def test_brightness_has_one_scale():
    flat = np.full((132, 132, 3), 51, np.uint8)
    used = Preprocessing(size=64)([flat])
    assert torch.allclose(used, torch.full_like(used, 0.2), atol=1e-6)
    np.testing.assert_allclose(_in_training(flat, 64, 1.2), 0.2, atol=1e-6)
