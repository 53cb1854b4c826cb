"""The models that come with the package: whole, small enough, right about galaxies that anyone can draw."""

import numpy as np
import pytest

from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.shelf import find_model, load_predictor, verify_model


def drawn(flattening, index):
    """A reddish galaxy of 80 pixels on a dark, slightly noisy sky, as SDSS pictures show it."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    radius = np.hypot(x, y / flattening) / 0.25
    light = 0.9 * np.exp(-2.5 * (radius ** (1 / index)))
    noise = np.random.default_rng(0).normal(0.04, 0.01, (80, 80, 3))
    return (light[..., None] * (0.7, 0.85, 1.0) + noise).clip(0, 1).astype(np.float32)


def said(name, *pictures):
    model = load_predictor(find_model(name))
    told = model.encoder.embed(model.encoder.preprocess(list(pictures))).detach().cpu().numpy()
    names = model.classes if isinstance(model, Model) else model.outputs
    shares = told if isinstance(model, Model) else model.shares(told)
    return [dict(zip(names, row, strict=True)) for row in shares]


@pytest.mark.parametrize("name", ["gz5", "gz2"])
def test_they_are_whole_and_at_most_25_megabytes(name):
    assert verify_model(name)["whole"]
    assert find_model(name).stat().st_size < 25e6


def test_votes_for_a_round_galaxy_and_for_a_needle():
    ball, needle = said("gz2", drawn(1.0, 2), drawn(0.12, 1))
    assert ball["t07_rounded.a16_completely_round"] > 0.6 > needle["t07_rounded.a16_completely_round"] + 0.4
    assert needle["t02_edgeon.a04_yes"] > 0.6 > ball["t02_edgeon.a04_yes"] + 0.4
    assert ball["t01_smooth_or_features.a01_smooth"] > 0.6


def test_classes_of_a_round_galaxy_and_of_a_needle():
    ball, needle = said("gz5", drawn(1.0, 2), drawn(0.12, 1))
    assert max(ball, key=ball.get) == "CRS"
    assert needle["EO"] + needle["CSS"] > 0.8
