"""The feature report on a small real collection: rows, notes, splits, duplicates."""

import csv

import cv2
import numpy as np
import pytest

from tests.embeddings.fakes import TinyEncoder
from tuningfork.collection import Collection, create_collection
from tuningfork.errors import DataError, UnknownNameError
from tuningfork.evaluation import features as features_module
from tuningfork.tasks.features import evaluate_features, split_collection


def _picture(rng, elongated: bool) -> np.ndarray:
    """A bright ellipse or disc at any angle on noise, (64, 64, 3) uint8."""
    picture = rng.normal(20, 6, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    axes = (20, 5) if elongated else (11, 11)
    return cv2.ellipse(picture, (32, 32), axes, rng.uniform(0, 180), 0, 360, (90, 120, 150), -1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """80 pictures of two shapes: two of the test part repeat training ones, two have no label."""
    root, rng = tmp_path_factory.mktemp("shapes"), np.random.default_rng(0)
    rows = []
    for number in range(80):
        picture = _picture(rng, elongated=number % 2 == 0)
        if number in (70, 71):
            picture = cv2.imread(str(root / f"g{number - 70:02d}.png"))
        cv2.imwrite(str(root / f"g{number:02d}.png"), picture)
        label = "" if number in (5, 75) else ("edge-on" if number % 2 == 0 else "face-on")
        rows.append(
            {"id": f"g{number:02d}", "file": f"g{number:02d}.png", "label": label, "part": "ab"[number >= 50]}
        )
    with (root / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    out = root.parent / "shapes-collection"
    create_collection(root, out, catalogue=root / "catalogue.csv", quiet=True)
    return out


@pytest.fixture
def shapes(folder, monkeypatch):
    monkeypatch.setattr(features_module, "DRAWS", 2)
    return Collection.open(folder)


SPLIT = {
    "label_column": "label",
    "split_column": "part",
    "train_value": "a",
    "test_value": "b",
    "quiet": True,
}


def test_the_report_has_a_row_for_each_encoder_and_probe(shapes):
    report = evaluate_features(shapes, ["majority", "measurements", TinyEncoder()], **SPLIT)
    values = {(row["encoder"], row["probe"]): row for row in report["rows"]}
    assert set(report["rows"][0]) == {"encoder", "probe", "value", "low", "high", "n"}
    assert values["measurements", "linear"]["value"] > 0.95  # the axis ratio tells the shapes apart
    assert values["majority", "always the commonest"]["value"] < 0.6
    assert ("tiny-test", "10 per class") in values
    assert {row["n"] for row in report["rows"] if row["probe"] == "linear"} == {27}


def test_repeated_pictures_are_dropped_and_counted(shapes):
    split = split_collection(shapes, label_column="label", split_column="part", values=("a", "b"), quiet=True)
    assert not {"g70", "g71", "g75"} & set(shapes.ids(split.test))
    assert (len(split.train), len(split.test)) == (49, 27)
    assert any(note.startswith("2 test galaxies") for note in split.notes)


def test_without_a_split_one_is_drawn_by_the_seed(shapes):
    first, again, other = (
        split_collection(
            shapes, label_column="label", split_column=None, values=("train", "val"), seed=seed, quiet=True
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.test, again.test)
    assert set(first.test) != set(other.test)
    assert not set(first.test) & set(first.train)
    assert 16 <= len(first.test) <= 20


def test_an_unknown_column_gets_the_nearest_name(shapes):
    with pytest.raises(UnknownNameError, match="label"):
        evaluate_features(shapes, "majority", label_column="lable", quiet=True)


def test_a_split_without_test_galaxies_is_refused(shapes):
    with pytest.raises(DataError, match="0 to judge on"):
        evaluate_features(shapes, "majority", **{**SPLIT, "test_value": "c"})


def test_the_same_place_in_the_sky_is_the_same_galaxy(tmp_path):
    """Another picture of it, of another night, must not judge what was learnt from the first."""
    rng, rows = np.random.default_rng(3), []
    places = [(10.0, 5.0), (0.0001, -60.0), (10.0 + 1 / 3600, 5.0), (359.9999, -60.0), (11.0, 5.0)]
    for number, (ra, dec) in enumerate(places):
        cv2.imwrite(str(tmp_path / f"g{number}.png"), _picture(rng, elongated=number % 2 == 0))
        part, label = "ab"[number >= 2], ("edge-on", "face-on")[number % 2]
        rows.append(
            {"id": f"g{number}", "file": f"g{number}.png", "ra": ra, "dec": dec} | {"l": label, "p": part}
        )
    with (tmp_path / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    made = create_collection(tmp_path, tmp_path / "out", catalogue=tmp_path / "catalogue.csv", quiet=True)
    split = split_collection(
        made.collection, label_column="l", split_column="p", values=("a", "b"), quiet=True
    )
    assert list(made.collection.ids(split.test)) == ["g4"]
