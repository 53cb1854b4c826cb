"""A network learns what people said of discs and bars: counts by tree, fractions by regression."""

import csv
import json
import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.tasks.morphology.test_training import QUICK
from tuningfork.collection import Collection, create_collection, join_catalogue
from tuningfork.errors import CatalogueError, DataError, UnknownNameError, UsageError
from tuningfork.labels.trees import read_tree
from tuningfork.labels.votes import Votes
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.vote_answers import counts_of, vote_target
from tuningfork.tasks.morphology.votes_training import train_votes

TREE = """
kind = "tree"
text = "Shapes"
source = "made"

[[question]]
name = "shape"
text = "Long?"
answers = [{ name = "long", text = "Long" }, { name = "round", text = "Round" }]

[[question]]
name = "colour"
text = "Its colour?"
answers = [{ name = "red", text = "Red" }, { name = "blue", text = "Blue" }]
parents = ["shape.long"]
"""

SCHEME = """
kind = "questions"
text = "Both at once"
source = "made"
tree = "TREE"

[schemes]
both = ["long", "red"]

[[question]]
name = "long"
text = "Long?"
unused = ["no"]
answers = [{ name = "yes", of = ["shape.long"] }, { name = "no", of = ["shape.round"] }]

[[question]]
name = "red"
text = "Red?"
unused = ["no"]
answers = [{ name = "yes", of = ["colour.red"] }, { name = "no", of = ["colour.blue"] }]
"""


@pytest.fixture(scope="module")
def voted(tmp_path_factory):
    """60 discs and bars, red or blue, with counts of 20 people and fractions; five without votes."""
    root, rng = tmp_path_factory.mktemp("votes"), np.random.default_rng(2)
    rows = []
    for number in range(60):
        long, red = number % 2 == 0, number % 4 < 2
        picture = rng.normal(20, 5, (40, 40, 3)).clip(0, 255).astype(np.uint8)
        colour = (60, 60, 200) if red else (200, 60, 60)
        axes = (16, 4) if long else (9, 9)
        cv2.ellipse(picture, (20, 20), axes, rng.uniform(0, 180), 0, 360, colour, -1)
        cv2.imwrite(str(root / f"g{number:02d}.png"), picture)
        row = {"id": f"g{number:02d}", "file": f"g{number:02d}.png", "people": 20}
        row |= {"bad_long_fraction": 2.0, "bad_round_fraction": 0.1}
        said = rng.binomial(20, 0.9 if long else 0.1)
        of_those = rng.binomial(said, 0.9 if red else 0.1)
        row |= {"shape_long_count": said, "shape_round_count": 20 - said}
        row |= {"colour_red_count": of_those, "colour_blue_count": said - of_those}
        row |= {"shape_long_fraction": said / 20, "shape_round_fraction": 1 - said / 20}
        share = of_those / said if said else ""
        row |= {"colour_red_fraction": share, "colour_blue_fraction": 1 - share if said else ""}
        if number >= 55:
            row |= {name: "" for name in row if name.startswith(("shape", "colour"))}
        rows.append(row)
    with (root / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (root.parent / "shapes.toml").write_text(TREE)
    create_collection(root, root.parent / "made-votes", catalogue=root / "table.csv", quiet=True)
    return Collection.open(root.parent / "made-votes"), str(root.parent / "shapes.toml")


@pytest.mark.training
@pytest.mark.parametrize(
    ("kind", "people", "target"),
    [
        ("count", None, "TreeTarget"),
        ("fraction", None, "FractionTarget"),
        ("fraction", "people", "TreeTarget"),
    ],
)
def test_votes_are_foretold_better_than_by_the_mean(voted, tmp_path, kind, people, target):
    from tuningfork.encoders import load_encoder

    collection, tree = voted
    said: list[str] = []
    run = train_votes(
        collection,
        tree,
        QUICK.changed(epochs=10.0),
        tmp_path / "run",
        kind=kind,
        people=people,
        quiet=True,
        say=said.append,
    )
    told = json.loads((run / "metrics.json").read_text())
    assert told["target"] == target
    whole = told["judged"]["val"][0]
    assert whole["name"] == "all"
    assert whole["square"]["value"] < whole["square_of_mean"]
    assert any("5 of 60 galaxies have no votes" in line for line in said)
    table = pq.read_table(run / "predictions.parquet").to_pydict()
    assert set(table["part"]) == {"val", "test"}
    assert all(0 <= f <= 1 for f in table["f_shape.long"])
    assert load_encoder(f"file:{run}/weights.safetensors").spec.preprocessing.size == 32
    _predicts_the_same(collection, run, tmp_path, "f", counts=target == "TreeTarget")


@pytest.mark.training
def test_labels_of_several_questions_are_learnt_at_once(voted, tmp_path):
    collection, tree = voted
    scheme = tmp_path / "both.toml"
    scheme.write_text(SCHEME.replace("TREE", tree))
    run = train_votes(
        collection, "gz2", QUICK.changed(epochs=10.0), tmp_path / "run", binary=f"{scheme}:both", quiet=True
    )
    told = json.loads((run / "metrics.json").read_text())
    numbers = told["labels"]["val"]
    assert numbers["Binary accuracy"]["value"] > numbers["Binary accuracy"]["majority"]
    table = _predicts_the_same(collection, run, tmp_path, "p", counts=False)
    assert table.column_names == ["id", "p_long.yes", "p_red.yes", "unfamiliar", "familiarity", "unlikeness"]
    with pytest.raises(UsageError, match="names no questions"):
        train_votes(collection, "gz2", QUICK, tmp_path / "x", binary=str(scheme), quiet=True)
    with pytest.raises(UnknownNameError, match="both"):
        train_votes(collection, "gz2", QUICK, tmp_path / "x", binary=f"{scheme}:bath", quiet=True)
    with pytest.raises(UsageError, match="not weighed by people"):
        train_votes(
            collection, "gz2", QUICK, tmp_path / "x", binary=f"{scheme}:both", people="people", quiet=True
        )


def _predicts_the_same(collection, run, tmp_path, letter, *, counts):
    """`predict` with the run's model says of validation and test galaxies what the training said."""
    out = tmp_path / "said.parquet"
    report = predict(collection, run, out, precision="fp32", quiet=True)
    assert (report.rows, report.done + report.already, report.labels) == (60, 60, {})
    assert predict(collection, run, tmp_path / "said.fits", precision="fp32", quiet=True).already == 60
    table, kept = pq.read_table(out), pq.read_table(run / "predictions.parquet")
    place = {name: row for row, name in enumerate(table["id"].to_pylist())}
    rows = [place[name] for name in kept["id"].to_pylist()]
    for name in [n for n in kept.column_names if n.startswith(f"{letter}_")]:
        found = np.array(table[name].to_pylist())[rows]
        np.testing.assert_allclose(found, kept[name].to_numpy(), atol=1e-5)
    held_out = np.array(table["familiarity"].to_pylist())[rows]
    np.testing.assert_allclose(held_out, kept["familiarity"].to_numpy(), atol=0.21)  # a step is one of six
    assert ("a_colour" in table.column_names) == counts
    if counts:
        both = np.array(table["f_colour.red"].to_pylist()) + np.array(table["f_colour.blue"].to_pylist())
        np.testing.assert_allclose(both, 1, atol=1e-5)
        assert min(table["a_colour"].to_pylist()) > 2
    return table


def test_votes_that_cannot_be_are_refused(voted, tmp_path):
    collection, tree = voted
    with pytest.raises(CatalogueError, match="no debiased votes"):
        train_votes(collection, tree, QUICK, tmp_path / "a", kind="debiased", quiet=True)
    off = tmp_path / "off.toml"
    off.write_text(TREE.split('\n[[question]]\nname = "colour"', maxsplit=1)[0].replace('"shape"', '"bad"'))
    with pytest.raises(DataError, match="no fraction votes: 60 galaxies: a share of 'bad' lies outside"):
        train_votes(collection, str(off), QUICK, tmp_path / "b", quiet=True)


def test_the_votes_of_a_galaxy_that_cannot_be_are_set_aside(voted, tmp_path):
    collection, tree = voted
    table = tmp_path / "people.csv"
    lines = [f"g{n:02d},{-3 if n < 5 else 20},x,{2.0 if n == 7 else 0.25},0.75" for n in range(60)]
    table.write_text("\n".join(["id,looked,named,odd_long_fraction,odd_round_fraction", *lines]))
    join_catalogue(Collection.open(shutil.copytree(collection.path, tmp_path / "copy")), table)
    copy = Collection.open(tmp_path / "copy")
    odd = tmp_path / "odd.toml"
    odd.write_text(TREE.split('\n[[question]]\nname = "colour"', maxsplit=1)[0].replace('"shape"', '"odd"'))
    _, wanted, notes = vote_target(copy, read_tree(odd), None, None)
    assert np.isnan(wanted[7]).all()
    assert np.isfinite(wanted).all(axis=1).sum() == 59
    assert any("set aside: 1 galaxy: a share of 'odd' lies outside 0 to 1 (first: g07)" in n for n in notes)
    _, wanted, notes = vote_target(copy, read_tree(tree), "fraction", "looked")
    assert np.isnan(wanted[:5]).all()
    assert any("5 galaxies have no number of people in 'looked'" in line for line in notes)
    assert np.nansum(wanted[5:55, :2], axis=1) == pytest.approx(20)
    for column, error in (("named", CatalogueError), ("nowhere", UnknownNameError)):
        with pytest.raises(error, match=column):
            vote_target(copy, read_tree(tree), "fraction", column)
    (tmp_path / "several.toml").write_text(TREE.replace('text = "Long?"', 'text = "Long?"\nseveral = true'))
    with pytest.raises(UsageError, match="'shape' takes several answers"):
        vote_target(copy, read_tree(tmp_path / "several.toml"), "count", None)


def test_debiased_shares_are_of_as_many_people_as_were_asked(voted):
    tree = read_tree(voted[1])
    shares = np.array([[0.9, 0.3, 0.2, 0.2], [0.0, 1.0, np.nan, np.nan]])
    counts, without = counts_of(Votes(tree, "debiased", shares, tree.namings[0]), np.array([40.0, 10.0]))
    assert without == 0
    assert counts[0] == pytest.approx([30, 10, 15, 15])
    assert counts[1, :2] == pytest.approx([0, 10])
    assert np.isnan(counts[1, 2:]).all()
