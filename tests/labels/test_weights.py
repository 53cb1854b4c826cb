"""Weights and smoothing against the papers' own numbers."""

import numpy as np
import pytest

from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.labels import class_weights, coded, sample_weights, smoothed


def test_inverse_weights_draw_all_classes_equally_often():
    codes = np.repeat([0, 1], [462, 3122])  # CSS and EO of Ma et al. (2023), section 3.2
    chance = sample_weights(codes)
    assert 1 / chance[0] == pytest.approx(924)
    assert 1 / chance[-1] == pytest.approx(6244)
    drawn = np.random.default_rng(0).choice(len(codes), 20_000, p=chance)
    assert codes[drawn].mean() == pytest.approx(0.5, abs=0.02)


def test_effective_weights_lie_between_plain_and_inverse():
    codes = np.repeat([0, 1, 2], [900, 90, 10])
    beta = 0.999
    wanted = np.array([(1 - beta) / (1 - beta**n) for n in (900, 90, 10)])
    found = class_weights(codes, "effective")
    assert found == pytest.approx(wanted * 3 / wanted.sum())
    ratio = {how: np.divide(*class_weights(codes, how)[[2, 0]]) for how in ("plain", "effective", "inverse")}
    assert ratio["plain"] == 1 < ratio["effective"] < ratio["inverse"] == pytest.approx(90)


def test_smoothing_is_the_example_of_the_paper():
    assert smoothed(np.array([2]), 5, 0.1)[0] == pytest.approx([0.025, 0.025, 0.9, 0.025, 0.025])


def test_galaxies_without_a_label_are_never_drawn():
    assert sample_weights(np.array([0, -1, 1, 1])) == pytest.approx([0.5, 0, 0.25, 0.25])


def test_what_cannot_be_weighted():
    with pytest.raises(DataError, match="class 1 has no example"):
        class_weights(np.array([0, 2]))
    with pytest.raises(DataError, match="no labels"):
        class_weights(np.array([-1, -1]))
    with pytest.raises(UnknownNameError, match="inverse"):
        class_weights(np.array([0, 1]), "invers")
    with pytest.raises(UsageError, match="smoothed"):
        smoothed(np.array([0]), 1, 0.1)
    with pytest.raises(UsageError, match="0 to 1"):
        smoothed(np.array([0, 2]), 2, 0.1)


def test_a_column_of_classes_and_its_small_ones():
    labels = coded(["b", None, "a", "b", "", float("nan"), " a", 7])
    assert labels.classes == ("7", "a", "b")
    assert labels.codes.tolist() == [2, -1, 1, 2, -1, -1, 1, 0]
    assert labels.notes == ("3 of 8 galaxies have no label and take no part",)
    kept = labels.at_least(2)
    assert kept.counts == {"a": 2, "b": 2}
    assert kept.texts == ["b", None, "a", "b", None, None, "a", None]
    with pytest.raises(DataError, match=r"fewer than two classes have 3 galaxies \(7 1, a 2, b 2\)"):
        labels.at_least(3)
