"""labels from the command line: classes, splits and votes of a collection."""

import csv

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def zoo(tmp_path):
    """24 made galaxies with the challenge's columns, gz2_class and positions; two are one picture."""
    from tuningfork.collection import create_collection
    from tuningfork.labels import read_tree
    from tuningfork.labels.cumulative import to_cumulative

    tree = read_tree("gz2")
    naming = tree.naming("challenge")
    draw = np.random.default_rng(0)
    fractions = np.full((24, 37), 0.0)
    for step in tree.steps:  # everyone says the first or, of odd galaxies, the second answer
        part = tree.slices[step.name]
        fractions[:, part.start], fractions[:, part.start + 1] = 0.9, 0.1
        fractions[1::2, part.start], fractions[1::2, part.start + 1] = 0.1, 0.9
    shares = to_cumulative(tree, fractions, always=naming.always)
    stamps = tmp_path / "stamps"
    stamps.mkdir()
    rows = []
    for number in range(24):
        same = draw.normal(90, 40, (48, 48, 3)) if number != 7 else same  # noqa: F821 - the one before
        Image.fromarray(np.clip(same, 0, 255).astype(np.uint8)).save(stamps / f"g{number:02d}.png")
        row = {
            "id": f"g{number:02d}",
            "file": f"g{number:02d}.png",
            "gz2_class": "Er" if number % 2 else "SBc2m",
        }
        row |= {"ra": 10 + (number // 4) * 1e-4 if number < 8 else 20 + number, "dec": 5}
        rows.append(row | {stem: shares[number, tree.index(answer)] for answer, stem in naming.stems.items()})
    with (stamps / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    create_collection(stamps, tmp_path / "zoo", quiet=True)
    return tmp_path / "zoo"


def test_trees_and_schemes_are_listed(tuningfork):
    assert {row["tree"] for row in tuningfork("labels", "trees", "--json").json} >= {"gz2", "gz-decals"}
    assert len(tuningfork("labels", "trees", "gz2", "--json").json) == 11
    schemes = {row["scheme"]: row for row in tuningfork("labels", "schemes", "--json").json}
    assert "ma2023" in schemes
    assert tuningfork("labels", "trees", "gz3").code == 2


def test_classes_become_a_column_that_others_find(tuningfork, zoo):
    ran = tuningfork("labels", "classes", zoo, "--scheme", "ma2023", "--name", "kind", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["columns"]["kind"] == {"CRS": 12, "IBS": 0, "CSS": 0, "EO": 0, "SPI": 0}
    assert "read from the cumulative votes" in ran.json["notes"]
    ran = tuningfork("labels", "classes", zoo, "--scheme", "hubble9", "--quiet")
    assert ran.err == ""
    assert "SBc" in ran.out
    judged = tuningfork("evaluate", "features", zoo, "--label", "hubble9", "--encoder", "majority", "--json")
    assert judged.code == 0, judged.err
    again = tuningfork("labels", "classes", zoo, "--scheme", "hubble9")
    assert (again.code, again.err.count("\n")) == (3, 1)
    assert "--name" in again.err


def test_classes_as_a_table_and_as_a_trial(tuningfork, zoo, tmp_path):
    words = ["labels", "classes", zoo, "--scheme", "doherty2024:reduced"]
    assert tuningfork(*words, "--try", "--json").json["stored"] is None
    assert tuningfork(*words, "--out", tmp_path / "labels.csv").code == 0
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["id"] == "g00"
    assert rows[0]["doherty2024_reduced_q0_smooth"] == "yes"
    assert len(rows[0]) == 9
    assert tuningfork("collection", "join", zoo, tmp_path / "labels.csv").code == 0


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--scheme", "ma2024"], "ma2023"),
        (["--scheme", "doherty2024"], "doherty2024:NAME"),
        (["--scheme", "doherty2024:q11"], "q1"),
        (["--scheme", "ma2023:q1"], "no questions"),
        (["--scheme", "efigi"], "column 'T'"),
        (["--scheme", "efigi", "--column", "gz2_class"], "does not hold numbers"),
        (["--scheme", "hubble9", "--column", "id"], "no galaxy has a class"),
        (["--scheme", "ma2023", "--votes", "count"], "no count votes"),
        (["--scheme", "ma2023", "--column", "x"], "reads no such column"),
        (["--scheme", "hubble9", "--fewest", "13"], "fewer than two classes"),
        (["--scheme", "doherty2024:q0", "--unasked", "last"], "missing"),
        (["--scheme", "gz-candels:bar"], "no votes for the tree"),
    ],
)
def test_what_classes_cannot_be_made_of(tuningfork, zoo, words, fault):
    ran = tuningfork("labels", "classes", zoo, *words)
    assert ran.code in (2, 3)
    assert fault in ran.err
    assert ran.err.count("\n") == 1


def test_a_split_keeps_one_galaxy_on_one_side(tuningfork, zoo, tmp_path):
    tuningfork("labels", "classes", zoo, "--scheme", "hubble9")
    split = tmp_path / "split.csv"
    words = ["labels", "split", zoo, "--label", "hubble9", "--parts", "6:3:3"]
    ran = tuningfork(*words, "--out", split, "--json")
    assert ran.code == 0, ran.err
    assert {sum(c.values()) for c in ran.json["counts"].values()} == {12}
    assert "8 galaxies lie within 3 arcsec of another" in ran.json["notes"]
    assert "2 galaxies are the picture of another" in ran.json["notes"]
    held = tuningfork("labels", "check", zoo, split, "--json").json
    assert held["torn"] == []
    assert held["hash"] == ran.json["hash"]
    assert tuningfork(*words, "--out", tmp_path / "again.csv", "--quiet").err == ""
    assert (tmp_path / "again.csv").read_text() == split.read_text()
    loose = tmp_path / "loose.csv"
    tuningfork(*words, "--out", loose, "--arcsec", 0, "--no-twins", "--seed", 3)
    held = tuningfork("labels", "check", zoo, loose)
    assert "on both sides: g0" in held.err
    folds = tuningfork(
        "labels", "split", zoo, "--label", "hubble9", "--folds", 3, "--out", tmp_path / "k.csv", "--json"
    )
    assert folds.json["counts"]["SBc"] == {"0": 4, "1": 4, "2": 4}


def test_a_split_of_another_collection_and_one_that_is_none(tuningfork, zoo, galaxies, tmp_path):
    split = tmp_path / "split.csv"
    words = ["--label", "kind", "--parts", "1:1", "--no-twins", "--arcsec", 0]
    assert tuningfork("labels", "split", galaxies, *words, "--out", split).code == 0
    ran = tuningfork("labels", "check", zoo, split)  # the same ids, with other images
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "of another collection" in ran.err
    ran = tuningfork("labels", "check", galaxies, galaxies / "collection.toml")
    assert (ran.code, "not a split" in ran.err) == (3, True)
    ran = tuningfork("labels", "split", galaxies, *words[:2], "--parts", "8:x", "--out", split)
    assert (ran.code, "8:1:1" in ran.err) == (2, True)
    ran = tuningfork("labels", "split", galaxies, "--label", "mag", "--no-twins", "--out", split)
    assert (ran.code, "has 1 galaxy apart; each of 3 parts" in ran.err) == (3, True)


def test_votes_are_looked_at_and_drawn(tuningfork, zoo, tmp_path):
    ran = tuningfork("labels", "votes", zoo, "--tree", "gz2", "--out", tmp_path / "pictures", "--json")
    assert ran.code == 0, ran.err
    assert len(ran.json["answers"]) == 37
    assert "t01_smooth_or_features.a01_smooth" in ran.json["sure"]
    assert {file.name for file in (tmp_path / "pictures").iterdir()} >= {"means.svg", "clearest.png"}
    words = ["labels", "votes", zoo, "--tree", "gz2", "--table"]
    for naming in ("challenge", "published"):
        assert tuningfork(*words, tmp_path / f"{naming}.csv", "--naming", naming).code == 0
    with (tmp_path / "challenge.csv").open() as file, (zoo.parent / "stamps" / "table.csv").open() as source:
        for written, read in zip(csv.DictReader(file), csv.DictReader(source), strict=True):
            assert all(
                float(value) == pytest.approx(float(read[k])) for k, value in written.items() if k[0] == "C"
            )
    assert "t03_bar_a06_bar_fraction" in (tmp_path / "published.csv").read_text()
    assert "challenge" in tuningfork(*words, tmp_path / "x.csv", "--naming", "chalenge").err
    ran = tuningfork("labels", "votes", zoo, "--tree", "gz2", "--votes", "debiased")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
