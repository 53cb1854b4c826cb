import numpy as np
import pytest

from tuningfork.encoders import Preprocessing
from tuningfork.errors import UsageError


def spot(row, column, side=80, size=2.0):
    y, x = np.mgrid[:side, :side]
    return (
        np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * size**2))
        .astype(np.float32)[..., None]
        .repeat(3, 2)
    )


def test_no_axis_is_swapped_or_mirrored():
    x = Preprocessing(size=40, window="frame", zoom=1.0)([spot(20, 60)])
    assert np.unravel_index(int(x[0, 0].argmax()), (40, 40)) in {(9, 30), (10, 30), (10, 29), (9, 29)}


def test_the_middle_stays_the_middle():
    for side in (64, 80, 132, 264):
        x = Preprocessing(size=64, window="frame", zoom=1.0)(
            [spot((side - 1) / 2, (side - 1) / 2, side, side / 10)]
        )
        y, x_ = np.mgrid[:64, :64]
        weight = x[0, 0].numpy() / x[0, 0].numpy().sum()
        assert (weight * y).sum() == pytest.approx(31.5, abs=0.02)
        assert (weight * x_).sum() == pytest.approx(31.5, abs=0.02)


def test_bands_keep_their_order_and_red_first_reverses_them():
    stamp = np.zeros((32, 32, 3), np.uint8)
    stamp[..., 0], stamp[..., 2] = 10, 200
    blue_first = Preprocessing(size=32, window="frame", zoom=1.0)([stamp])
    red_first = Preprocessing(size=32, window="frame", zoom=1.0, red_first=True)([stamp])
    assert blue_first[0, 0].mean().item() == pytest.approx(10 / 255, abs=1e-6)
    assert red_first[0, 0].mean().item() == pytest.approx(200 / 255, abs=1e-6)


def test_each_band_is_scaled_by_its_own_numbers():
    """Those of a network that wants red first are told red first."""
    stamp = np.zeros((32, 32, 3), np.uint8)
    stamp[:] = (51, 102, 204)  # blue, green, red
    scaled = {"mean": (0.1, 0.2, 0.3), "std": (1.0, 2.0, 4.0)}
    for red_first, levels in ((False, (0.2, 0.4, 0.8)), (True, (0.8, 0.4, 0.2))):
        x = Preprocessing(size=32, window="frame", zoom=1.0, red_first=red_first, **scaled)([stamp])
        wanted = [(p - m) / s for p, m, s in zip(levels, *scaled.values(), strict=True)]
        assert x.mean((0, 2, 3)).tolist() == pytest.approx(wanted, abs=1e-6)


def test_the_same_galaxy_at_another_resolution_looks_the_same():
    small, large = spot(65.5, 65.5, 132, 12), spot(131.5, 131.5, 264, 24)
    prepare = Preprocessing(size=64)
    assert np.abs(prepare([small]).numpy() - prepare([large]).numpy()).mean() < 0.01


def test_encoded_and_unit_pixels_agree():
    unit = spot(40, 40, size=8)
    prepare = Preprocessing(size=48)
    encoded = (unit * 255).round().astype(np.uint8)
    deep = (unit * 65535).round().astype(np.uint16)
    assert np.abs(prepare([encoded]).numpy() - prepare([unit]).numpy()).mean() < 0.01
    assert np.abs(prepare([deep]).numpy() - prepare([unit]).numpy()).mean() < 0.01


def test_one_band_is_repeated_and_nothing_else_is_guessed():
    stamp = spot(40, 40)
    x = Preprocessing(size=32, window="frame", zoom=1.0)([stamp[..., :1]])
    assert x.shape == (1, 3, 32, 32)
    assert (x[0, 0] == x[0, 2]).all()
    for bands in (2, 4, 5):
        with pytest.raises(UsageError, match=f"{bands} bands does not fit an encoder of 3"):
            Preprocessing(size=32)([stamp[..., :1].repeat(bands, 2)])


def test_a_single_pixel_is_no_crash():
    assert Preprocessing(size=32)([np.zeros((1, 1, 3), np.uint8)]).shape == (1, 3, 32, 32)


def test_nonsense_is_refused():
    with pytest.raises(UsageError, match="window"):
        Preprocessing(size=32, window="moon")
    with pytest.raises(UsageError, match="out of range"):
        Preprocessing(size=2)
    with pytest.raises(UsageError, match="out of range"):
        Preprocessing(size=10**6)
    for wrong in ({"mean": (0.1, 0.2)}, {"std": (0.0,)}, {"mean": (float("nan"),)}):
        with pytest.raises(UsageError, match="mean and std"):
            Preprocessing(size=32, **wrong)
