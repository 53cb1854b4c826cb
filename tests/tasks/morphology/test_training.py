"""A classifier is trained from a collection to a model file, in one stage or in two."""

import csv
import json
from dataclasses import replace

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from tuningfork.collection import Collection, create_collection
from tuningfork.errors import CollectionError, DataError, UnknownNameError, UsageError
from tuningfork.evaluation import conformal_threshold, fit_temperature, tempered
from tuningfork.labels.coded import coded
from tuningfork.tasks.classification import ClassifierSettings
from tuningfork.tasks.morphology.hiwl import (
    best_together,
    checked_groups,
    merged,
    named_groups,
    propose_groups,
    sequential,
    together,
)
from tuningfork.tasks.morphology.judging import evaluate_model
from tuningfork.tasks.morphology.parts import labelled_parts, only_classes
from tuningfork.tasks.morphology.recipes import RECIPES, Recipe, recipe_named
from tuningfork.tasks.morphology.training import train_morphology

KINDS = ("disc", "ring", "bar", "cigar")
QUICK = Recipe(
    ClassifierSettings(
        network="timm:test_resnet",
        size=32,
        views="turned",
        batch=16,
        rate=3e-3,
        smoothing=0.05,
        precision="fp32",
        average=0.9,
        by="accuracy",
    ),
    backbone="timm:test_resnet",
    epochs=5,
    candidates=2,
)


def _picture(rng, kind: str) -> np.ndarray:
    picture = rng.normal(20, 5, (48, 48, 3)).clip(0, 255).astype(np.uint8)
    colour, angle = (90, 120, 150), rng.uniform(0, 180)
    if kind == "ring":
        return cv2.circle(picture, (24, 24), 12, colour, 3)
    axes = {"disc": (10, 10), "bar": (18, 4), "cigar": (18, 3)}[kind]
    picture = cv2.ellipse(picture, (24, 24), axes, angle, 0, 360, colour, -1)
    return cv2.circle(picture, (24, 24), 4, (30, 60, 220), -1) if kind == "cigar" else picture


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """100 pictures of four shapes, few of which are cigars; a split column; two without a label."""
    root, rng = tmp_path_factory.mktemp("four"), np.random.default_rng(0)
    rows = []
    for number in range(100):
        kind = KINDS[3] if number % 9 == 0 else KINDS[number % 3]
        cv2.imwrite(str(root / f"g{number:03d}.png"), _picture(rng, kind))
        part = ("train", "train", "val", "train", "test")[number % 5]
        label = "" if number in (50, 51) else kind
        rows.append({"id": f"g{number:03d}", "file": f"g{number:03d}.png", "kind": label, "part": part})
    with (root / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    home = tmp_path_factory.mktemp("four-collection") / "galaxies"
    create_collection(root, home, catalogue=root / "catalogue.csv", quiet=True)
    return Collection.open(home)


@pytest.mark.training
def test_one_stage_ends_in_a_model_that_predicts_the_same(shapes, tmp_path):
    from tuningfork.tasks.morphology.shelf import load_model

    said: list[str] = []
    run = train_morphology(
        shapes, "kind", QUICK, tmp_path / "run", split_column="part", quiet=True, say=said.append
    )
    assert any("2 of 100 galaxies have no label" in line for line in said)
    assert not any("conformal sets" in line for line in said)  # its validation galaxies suffice
    table = pq.read_table(run / "predictions.parquet").to_pydict()
    assert set(table["part"]) == {"val", "test"}
    assert "p_ring" in table
    model = load_model(run)
    rows = np.array([int(name[1:]) for name in table["id"]])
    found, familiar = model.told(shapes, rows, precision="fp32")
    np.testing.assert_allclose(table["familiarity"], familiar, atol=0.11)  # of ten galaxies a step is that
    assert min(table["familiarity"]) >= model.familiarity.least
    wanted = np.stack([table[f"p_{name}"] for name in model.classes], 1)
    np.testing.assert_allclose(found, wanted, atol=2e-5)  # what was judged is what the file holds
    assert model.facts["storage"]["precision"] == "float16"
    assert model.facts["storage"]["largest_difference"] > 0
    told = json.loads((run / "metrics.json").read_text())
    judged = evaluate_model(shapes, model, label_column="kind", rows=rows[: table["part"].count("val")])
    again = {row["name"]: row["value"] for row in judged["rows"]}
    for name in ("accuracy", "balanced accuracy", "loss"):
        assert again[name] == pytest.approx(told["judged"]["val"][name]["value"], abs=1e-4)
    assert told["judged"]["val"]["accuracy"]["value"] > told["judged"]["val"]["accuracy"]["majority"]
    assert set(told["calibration"]["qhat"]) == {"0.80", "0.90", "0.95"}
    val = np.array(table["part"]) == "val"  # which alone calibrates
    truth = np.array([model.classes.index(name) for name in table["truth"]])[val]
    raw = np.log(tempered(wanted[val].astype(float), 1 / model.temperature))
    assert model.temperature == pytest.approx(fit_temperature(raw, truth), rel=0.02)
    assert model.qhat["0.90"] == pytest.approx(conformal_threshold(wanted[val], truth, 0.9), abs=1e-4)
    losses = [float(row["loss"]) for row in csv.DictReader((run / "metrics.csv").open())]
    assert losses[-1] < losses[0]
    assert (run / "DONE").exists()
    with pytest.raises(UsageError, match="finished"):
        train_morphology(shapes, "kind", QUICK, run, split_column="part", quiet=True)


@pytest.mark.training
def test_two_stages_are_combined_and_go_on_after_a_stop(shapes, tmp_path, monkeypatch):
    from tuningfork.tasks.morphology import finishing
    from tuningfork.tasks.morphology.shelf import load_model

    how = {"split_column": "part", "hiwl": "bar+cigar", "quiet": True}
    whole = train_morphology(shapes, "kind", QUICK, tmp_path / "whole", **how)
    told = json.loads((whole / "metrics.json").read_text())
    assert told["groups"] == {"bar+cigar": ["bar", "cigar"]}
    assert len(told["candidates"]) == 4  # two passes of each stage
    model = load_model(whole)
    assert model.classes == ("bar", "cigar", "disc", "ring")
    found = model.probabilities(shapes, np.arange(10))
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)

    def stopped(*given, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "finish", stopped)
        with pytest.raises(KeyboardInterrupt):
            train_morphology(shapes, "kind", QUICK, tmp_path / "cut", **how)
    with pytest.raises(UsageError, match="epochs"):  # the same folder, another training
        train_morphology(shapes, "kind", replace(QUICK, epochs=6), tmp_path / "cut", **how)
    again = train_morphology(shapes, "kind", QUICK, tmp_path / "cut", **how)
    assert (again / "predictions.parquet").read_bytes() == (whole / "predictions.parquet").read_bytes()


@pytest.mark.training
def test_the_head_learns_first_and_views_are_made_beforehand(shapes, tmp_path):
    settings = replace(
        QUICK.settings,
        views="doherty2024",
        window="frame",
        zoom=0.9,
        optimiser="adam",
        schedule="constant",
        class_weights="effective",
        by="loss",
    )
    recipe = replace(QUICK, settings=settings, epochs=13, head_epochs=13, patience=2)
    run = train_morphology(shapes, "kind", recipe, tmp_path / "run", split_column="part", quiet=True)
    stages = [row["stage"] for row in csv.DictReader((run / "metrics.csv").open())]
    assert stages == ["network-head", "network"]
    from safetensors.torch import load_file

    head = load_file(run / "network" / "head" / "weights.safetensors")
    import torch

    from tuningfork.tasks.classification.topped import new_topped

    torch.manual_seed(0)
    born, _, _ = new_topped(replace(settings, network="timm:test_resnet"), 4)
    same = {name: torch.equal(t, head[name]) for name, t in born.state_dict().items()}
    assert all(equal == name.startswith("0.") for name, equal in same.items())
    assert not list(run.glob("**/views-*.npy"))


def test_rare_classes_are_drawn_as_often_as_common_ones():
    import torch

    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.batches import BatchMaker
    from tuningfork.tasks.classification.frames import LabelledFrames

    codes = torch.tensor([0] * 90 + [1] * 10)
    frames = LabelledFrames(torch.zeros(100, 3, 16, 16, dtype=torch.uint8), torch.ones(100), codes)
    settings = ClassifierSettings(batch=50, seen=5000, size=16, sampling="inverse")
    drawn = BatchMaker(frames, settings, Preprocessing(16))
    picks = np.concatenate([drawn.picks(number) for number in range(40)])
    assert 0.45 < (codes.numpy()[picks] == 1).mean() < 0.55
    plain = BatchMaker(frames, replace(settings, sampling=None), Preprocessing(16))
    passes = np.concatenate([plain.picks(number) for number in range(4)])
    assert sorted(passes[:100]) == sorted(passes[100:]) == list(range(100))
    assert not np.array_equal(passes[:100], passes[100:])


def test_smoothed_labels_are_the_papers():
    import torch

    from tuningfork.labels import smoothed
    from tuningfork.tasks.classification.targets import ClassTarget

    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    codes = np.array([0, 1, 2, 3, 4, 0])
    ours = ClassTarget(tuple("abcde"), smoothing=0.05).loss(logits, torch.from_numpy(codes))
    soft = torch.from_numpy(smoothed(codes, 5, 0.05)).float()
    assert ours.item() == pytest.approx(-(soft * logits.log_softmax(1)).sum(1).mean().item(), rel=1e-5)


def test_groups_are_proposed_where_a_rare_class_vanishes():
    truth = np.array(["a"] * 50 + ["b"] * 50 + ["c"] * 4, dtype=object)
    said = truth.copy()
    said[:8] = "b"
    said[100:103] = "a"  # three of four
    assert propose_groups(truth, said, ("a", "b", "c")) == {"a+c": ("a", "c")}
    assert propose_groups(truth, truth, ("a", "b", "c")) == {}
    assert list(merged(truth, {"a+c": ("a", "c")})[[0, 60, 103]]) == ["a+c", "b", "a+c"]


def test_stages_are_put_together_and_the_best_pair_is_taken():
    first = (("a+c", "b"), np.array([[0.5, 0.5], [0.7, 0.3]]))
    second = {"a+c": (("a", "c"), np.array([[0.6, 0.4], [0.2, 0.8]]))}
    np.testing.assert_allclose(together(("a", "b", "c"), first, second), [[0.3, 0.5, 0.2], [0.14, 0.3, 0.56]])
    assert list(sequential(("a", "b", "c"), (first[0], first[1] + [[0.1, 0.0], [0, 0]]), second)) == [0, 2]
    bad = np.array([[0.1, 0.9], [0.1, 0.9]])
    chosen, table = best_together(
        ("a", "b", "c"),
        (first[0], [bad, first[1]]),
        {"a+c": (("a", "c"), [second["a+c"][1]])},
        np.array([1, 2]),
    )
    assert chosen == (1, 0)
    assert [row["accuracy"] for row in table] == [0.5, 1.0]


@pytest.mark.parametrize(
    ("groups", "why"),
    [("a", "alone"), ("a+b,b+c", "twice"), ("a+x", "'x'"), ("a+b+c", "nothing to tell apart")],
)
def test_groups_that_cannot_be_are_refused(groups, why):
    with pytest.raises((UsageError, UnknownNameError), match=why):
        checked_groups(named_groups(groups), ("a", "b", "c"))


def test_labels_that_cannot_be_learnt_from_are_refused(shapes, tmp_path):
    from tuningfork.labels import SplitFile

    kinds = np.array(shapes.catalogue(["kind"])["kind"].to_pylist(), dtype=object)
    lone = kinds.copy()
    lone[lone == "cigar"] = None
    lone[3] = "cigar"
    with pytest.raises(DataError, match="'cigar' has 1 example"):
        labelled_parts(shapes, lone)
    with pytest.raises(DataError, match="no labels"):
        labelled_parts(shapes, np.full(100, None, dtype=object))
    with pytest.raises(UnknownNameError, match="kind"):
        train_morphology(shapes, "kinds", "lvm", tmp_path / "a", quiet=True)
    with pytest.raises(UnknownNameError, match="ma2023"):
        train_morphology(shapes, "kind", "ma2024", tmp_path / "a", quiet=True)
    for name, why in (("ring;arc", "holds ';'"), ("DISC", "have one name"), ("x" * 101, "no printable text")):
        renamed = np.where(kinds == "ring", name, kinds)
        with pytest.raises(UsageError, match=why):  # no model could bear it: said before anything is learnt
            train_morphology(shapes, "kind", "lvm", tmp_path / "a", labels=renamed, quiet=True)
    assert not (tmp_path / "a").exists()
    SplitFile(("x1", "x2"), ("train", "val")).write(tmp_path / "other.csv")
    with pytest.raises(CollectionError, match="another collection"):
        labelled_parts(shapes, kinds, split=tmp_path / "other.csv")
    parts = labelled_parts(shapes, kinds)
    assert [int((parts.parts == name).sum()) for name in ("train", "val", "test")] == [79, 9, 10]


def test_recipes_say_what_the_papers_say():
    ma = RECIPES["ma2023"].for_galaxies(23_031)
    assert (ma.rate, ma.batch, ma.smoothing, ma.optimiser, ma.sampling) == (0.005, 24, 0.05, "sgd", None)
    assert ma.seen == 123 * 23_031
    second = RECIPES["ma2023"].for_galaxies(3584, second=True)
    assert (second.sampling, second.seen) == ("inverse", 96 * 3584)
    doherty = RECIPES["doherty2024"].for_galaxies(100)
    assert doherty.head is not None
    assert (doherty.head.rate, doherty.rate, doherty.seen) == (1e-3, 1e-4, 5 * 13 * 100)
    assert recipe_named("ma2023-cpu").for_galaxies(10).start == "imagenet:efficientnet-lite0"
    with pytest.raises(UsageError, match="setting"):
        recipe_named("lvm").changed(batches=3)


@pytest.mark.training
def test_a_run_that_was_cut_in_a_stage_ends_as_one_that_was_not(shapes, tmp_path, monkeypatch):
    from tuningfork.tasks.classification.batches import BatchMaker

    how = {"split_column": "part", "quiet": True}
    quick = replace(QUICK, epochs=3)
    whole = train_morphology(shapes, "kind", quick, tmp_path / "whole", **how)
    make = BatchMaker.make

    def cut(self, number, *rest):
        if number == 6:
            raise KeyboardInterrupt
        return make(self, number, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(BatchMaker, "make", cut)
        with pytest.raises(KeyboardInterrupt):
            train_morphology(shapes, "kind", quick, tmp_path / "cut", **how)
    assert (tmp_path / "cut" / "network" / "checkpoints" / "last.ckpt").exists()
    again = train_morphology(shapes, "kind", quick, tmp_path / "cut", **how)
    first, second = (pq.read_table(run / "predictions.parquet").to_pydict() for run in (whole, again))
    np.testing.assert_allclose(first["p_ring"], second["p_ring"], atol=1e-4)


def test_weights_of_flux_refuse_pictures_that_were_stretched(shapes, tmp_path, monkeypatch):
    from types import SimpleNamespace

    from tuningfork.encoders import names
    from tuningfork.encoders.contract import EncoderSpec
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.errors import EmbeddingError

    stretch = {"kind": "asinh", "low": 0.0, "high": 1.0}
    flux = PixelFacts(pixels="flux", stretch=stretch, zero_point=22.5)
    spec = EncoderSpec("file:flux", "flux", 8, (), Preprocessing(32), flux)
    monkeypatch.setattr(names, "load_encoder", lambda name: SimpleNamespace(spec=spec))
    recipe = replace(QUICK, start="file:flux")
    with pytest.raises(EmbeddingError, match="learnt from linear flux"):
        train_morphology(shapes, "kind", recipe, tmp_path / "run", split_column="part", quiet=True)


def test_a_draw_keeps_a_galaxy_that_stands_twice_on_one_side(tmp_path):
    (tmp_path / "in").mkdir()
    rng, rows = np.random.default_rng(3), []
    for number in range(60):
        picture = rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
        group = "" if number % 3 else f"field {number // 6}"
        for copy in "ab" if number < 20 else "a":  # twenty files stand there twice
            cv2.imwrite(str(tmp_path / "in" / f"g{number:02d}{copy}.png"), picture)
            rows.append((f"g{number:02d}{copy}", f"g{number:02d}{copy}.png", "AB"[number % 2], group))
    table = tmp_path / "in" / "table.csv"
    table.write_text("\n".join(["id,file,kind,sky_position_group", *map(",".join, rows)]))
    create_collection(tmp_path / "in", tmp_path / "twice", catalogue=table, quiet=True)
    collection = Collection.open(tmp_path / "twice")
    kinds = np.array(collection.catalogue(["kind"])["kind"].to_pylist(), dtype=object)
    parts = labelled_parts(collection, kinds, seed=1)
    of = dict(zip(collection.ids().tolist(), parts.parts.tolist(), strict=True))
    assert set(of.values()) == {"train", "val", "test"}
    assert all(of[f"g{number:02d}a"] == of[f"g{number:02d}b"] for number in range(20))
    assert all(of[f"g{number:02d}a"] == of[f"g{number + 3:02d}a"] for number in range(0, 60, 6))
    assert any("kept with others of one file or place" in note for note in parts.notes)


def test_a_class_that_is_named_twice_is_refused(shapes):
    with pytest.raises(UsageError, match="'A' is named twice"):
        only_classes(coded(np.array(["A", "B"])), ["A", "B", "A"])
