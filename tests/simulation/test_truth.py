"""Truths are reproducible, of every type, and consistent with what they say."""

from collections import Counter

import numpy as np
import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.simulation import TYPES, Settings, draw_truth


def test_a_truth_depends_on_seed_and_number_alone():
    backwards = [draw_truth(Settings(seed=4), number) for number in reversed(range(20))]
    assert [draw_truth(Settings(seed=4), number) for number in range(20)] == backwards[::-1]
    assert draw_truth(Settings(seed=5), 3) != draw_truth(Settings(seed=4), 3)


def test_types_come_in_their_shares_and_rows_say_what_was_drawn():
    settings = Settings(seed=1, neighbours=False)
    rows = [draw_truth(settings, number).row(settings.bands) for number in range(800)]
    counts = Counter(row["type"] for row in rows)
    for kind, share in TYPES.items():
        assert abs(counts[kind] / 800 - share) < 4 * np.sqrt(share / 800)
    for row in rows:
        assert 1.1 < row["r50"] <= settings.field / 7.5
        assert (row["pitch_angle"] >= 8) == (row["arms"] > 0) == (row["clockwise"] is not None)
        assert np.isfinite(row["einstein_radius"]) == (row["type"] == "lens")
        assert np.isfinite(row["separation"]) == (row["type"] == "merger")
        if row["type"] == "ring":
            assert row["ring_radius"] > 0.8 * row["r50"]
    clockwise = [row["clockwise"] for row in rows if row["clockwise"] is not None]
    assert 0.35 < np.mean(clockwise) < 0.65  # no handedness


def test_old_galaxies_are_redder_and_farther_ones_fainter():
    settings = Settings(seed=2)
    rows = [draw_truth(settings, number).row(settings.bands) for number in range(600)]
    colour = {k: np.median([r["mag_g"] - r["mag_r"] for r in rows if r["type"] == k]) for k in TYPES}
    assert 0.8 < colour["round"] < 1.1
    assert 0.35 < colour["spiral"] < 0.8
    near, far = (
        [r["mag_r"] - r["absolute_magnitude"] for r in rows if low < r["redshift"] < low + 0.02]
        for low in (0.04, 0.14)
    )
    assert 2.5 < np.median(far) - np.median(near) < 3.3  # 5 log10 of the ratio of luminosity distances, and K


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"size": 20}, UsageError),
        ({"size": 100_000}, UsageError),
        ({"pixel_scale": -1.0}, UsageError),
        ({"pixel_scale": float("nan")}, UsageError),
        ({"size": 32, "pixel_scale": 0.1}, UsageError),
        ({"bands": ("g", "u")}, UnknownNameError),
        ({"bands": ("g", "g")}, UsageError),
        ({"survey": "legcy"}, UnknownNameError),
        ({"seed": -1}, UsageError),
    ],
)
def test_impossible_settings_are_refused(given, error):
    with pytest.raises(error):
        Settings(**given)
