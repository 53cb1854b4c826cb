"""The transfer table on made galaxies: folds, groups, given parts, and what it must beat."""

import csv

import cv2
import numpy as np
import pytest

from tuningfork.collection import create_collection
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.papers import registry
from tuningfork.papers.lvm import transfer
from tuningfork.papers.lvm.asked import Asked
from tuningfork.papers.lvm.questions import MEASURES, QUESTIONS

RINGS, LENSES, VOTES, _, MERGERS, SPIN = QUESTIONS


def made(root, name, columns):
    """A collection of long and round shapes; ``columns(number)`` gives the catalogue's."""
    rng, rows = np.random.default_rng(1), []
    (root / name).mkdir()
    for number in range(60):
        picture = rng.normal(20, 6, (40, 40, 3)).clip(0, 255).astype(np.uint8)
        axes = (14, 3) if number % 2 else (8, 8)
        cv2.ellipse(picture, (20, 20), axes, rng.uniform(0, 180), 0, 360, (90, 120, 150), -1)
        cv2.imwrite(str(root / name / f"g{number:02d}.png"), picture)
        rows.append({"id": f"g{number:02d}", "file": f"g{number:02d}.png", **columns(number)})
    with (root / name / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    create_collection(
        root / name, root / f"{name}-collection", catalogue=root / name / "catalogue.csv", quiet=True
    )
    return str(root / f"{name}-collection")


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    root = tmp_path_factory.mktemp("transfer")
    rings = made(root, "rings", lambda n: {"ring": n % 2})
    kinds = ("spiral_clockwise", "spiral_anticlockwise", "elliptical")
    spin = made(root, "spin", lambda n: {"label": kinds[n % 3], "split": ("train", "val")[n >= 40]})
    return {"rings": rings, "spin": spin}


def make(sets, out, *names, **options):
    table = registry.find_table("lvm", "transfer")
    given = {"encoder": ("lvm-tiny:untrained", "measurements"), "seeds": 2}
    return table.make([f"{n}={sets[n]}" for n in names], out, quiet=True, **{**given, **options})


def test_shapes_are_told_apart_and_handedness_is_not_where_there_is_none(sets, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_RESAMPLES", 100)
    report = make(sets, tmp_path, "rings", "spin")
    ours = {(line["question"], line["encoder"]): line for line in report.rows}
    rings, spin = "ring or not", "clockwise or anticlockwise"
    assert ours[rings, "measurements"]["ours"] > 0.95  # the axis ratio says it
    assert ours[rings, "majority"]["ours"] == 0.5
    assert (ours[rings, "majority"]["judged"], ours[rings, "majority"]["galaxies"]) == ("5 folds", 60)
    line = ours[spin, "measurements"]
    assert (line["judged"], line["galaxies"]) == ("val", 13)
    assert line["low"] < 0.75
    again = make(sets, tmp_path, "spin", "rings")
    assert sorted(map(str, again.rows)) == sorted(map(str, report.rows))
    assert "ring or not (AUC)" in (tmp_path / "transfer.svg").read_text()


def test_a_group_is_never_on_both_sides():
    groups = np.repeat(np.arange(20), 3)
    asked = Asked(LENSES, np.arange(60), np.repeat(np.arange(20) % 2, 3).astype(float), groups=groups)
    for train, test in asked._folds(0):
        assert not set(groups[train]) & set(groups[test])


def test_vote_fractions_are_predicted_between_0_and_1():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 1, 200)
    X = np.stack([truth * 5 + rng.normal(0, 0.1, 200), rng.normal(size=200)], 1)
    asked = Asked(VOTES, np.arange(200), truth, np.arange(100), np.arange(100, 200))
    said = asked.said(X, 3)
    assert said.shape == (1, 100)
    assert said.min() >= 0
    assert said.max() <= 1
    error = MEASURES["MAE"]
    assert error(truth[100:], said[0]) < 0.05 < error(truth[100:], asked.unseen()[0])


def test_columns_become_truth():
    grade = np.array([0.3, 2.0, None, 3.0], dtype=object)
    np.testing.assert_array_equal(LENSES.target(grade), [0, 1, np.nan, 1])
    label = np.array(["merger", "spiral_clockwise", None, "spiral_anticlockwise"], dtype=object)
    np.testing.assert_array_equal(MERGERS.target(label), [1, 0, np.nan, 0])
    np.testing.assert_array_equal(SPIN.target(label), [np.nan, 0, np.nan, 1])
    np.testing.assert_array_equal(RINGS.target(np.array([1, 0, True, None], dtype=object)), [1, 0, 1, np.nan])


def test_wrong_calls_are_refused(sets, tmp_path):
    table = registry.find_table("lvm", "transfer")
    with pytest.raises(UsageError, match="is not NAME=DIR"):
        table.make([sets["rings"]], tmp_path)
    with pytest.raises(UnknownNameError, match="rings"):
        table.make([f"ring={sets['rings']}"], tmp_path)
    with pytest.raises(UsageError, match="no collection"):
        table.make([], tmp_path)
    with pytest.raises(UnknownNameError, match="expert_grade"):
        make({"lenses": sets["rings"]}, tmp_path, "lenses")
    with pytest.raises(DataError, match="too few galaxies answer 'merger or not'"):
        make({"mergers": sets["spin"]}, tmp_path, "mergers")
