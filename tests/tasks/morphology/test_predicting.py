"""Prediction: the table and its formats, what is kept, what cannot be read, what does not fit, every end."""

import os
import random
import signal
from dataclasses import replace
from importlib.util import find_spec

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.warm import warm
from tuningfork.collection import Collection, create_collection, read_table
from tuningfork.collection.manifest import write_manifest
from tuningfork.embeddings import writer as writer_module
from tuningfork.errors import DataError, EmbeddingError, UnknownNameError, UsageError
from tuningfork.tasks.morphology.judging import evaluate_model, judge, judged_by
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import load_model

from ...collection.made import write_cubes
from .made import CLASSES, QUICK, TOLD, damaged, galaxies, network, plain, two_stages

BROKEN = 5


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("predict"), 40, broken=BROKEN)


@pytest.fixture(scope="module")
def model():
    return plain(temperature=1.5, qhat={"0.90": 0.7, "0.80": 0.5}, abstain={"0.95": 0.5})


@pytest.mark.parametrize("ending", ["parquet", "csv", "fits", "ecsv"])
def test_every_format_holds_the_same(collection, model, tmp_path, ending):
    report = predict(collection, model, tmp_path / f"t.{ending}", purity=0.95, **QUICK)
    table = read_table(tmp_path / f"t.{ending}")
    assert table.column_names == ["id", "label", *(f"p_{name}" for name in CLASSES), "set", "abstained"]
    assert table["id"].to_pylist() == list(collection.ids())
    p = np.array([table[f"p_{name}"].to_pylist() for name in CLASSES], float).T
    wanted = model.probabilities(collection, range(40))
    np.testing.assert_allclose(p, wanted, atol=0.02)  # which may have been computed in 16 bits
    read = np.arange(40) != BROKEN
    assert np.isnan(p[BROKEN]).all()
    np.testing.assert_allclose(p[read].sum(axis=1), 1, atol=1e-4)
    labels, sets = table["label"].to_pylist(), table["set"].to_pylist()
    assert (labels[BROKEN], sets[BROKEN], table["abstained"][BROKEN].as_py()) == (None, None, True)
    for row in np.flatnonzero(read):
        assert labels[row] == CLASSES[p[row].argmax()]
        inside = {name for name, share in zip(CLASSES, p[row], strict=True) if share >= 0.3}
        assert set(sets[row].split(";")) == inside | {labels[row]}
    confident = p[read].max(axis=1) >= 0.5
    np.testing.assert_array_equal(np.array(table["abstained"].to_pylist())[read], ~confident)
    assert report.abstained == int((~confident).sum())
    assert sum(report.labels.values()) == 39
    assert [galaxy for galaxy, _ in report.unreadable] == ["g0005"]


def test_again_costs_nothing_and_other_settings_need_no_network(tmp_path, model):
    collection = galaxies(tmp_path, 12)
    first = predict(collection, model, tmp_path / "a.parquet", rows=np.arange(4), **QUICK)
    assert (first.rows, first.done, first.already) == (4, 4, 0)
    second = predict(collection, model, tmp_path / "a.parquet", **QUICK)
    assert (second.rows, second.done, second.already) == (12, 8, 4)
    third = predict(collection, model, tmp_path / "a.parquet", coverage=0.8, purity=0.9, **QUICK)
    assert (third.done, third.already, third.plan) == (0, 12, None)
    told = pq.read_schema(tmp_path / "a.parquet").metadata
    assert (told[b"coverage"], told[b"purity"], told[b"model"]) == (b"0.8", b"0.9", b"plain")
    other = predict(collection, plain(seed=5), tmp_path / "b.csv", **QUICK)
    assert other.done == 12
    assert not collection.vector_keys()  # probabilities are no embeddings


def test_exact_is_not_what_sixteen_bits_made_before(tmp_path, model):
    collection = galaxies(tmp_path, 12)
    settings = {"batch_size": 8, "quiet": True}
    assert predict(collection, model, tmp_path / "a.csv", precision="bf16", **settings).done == 12
    assert predict(collection, model, tmp_path / "a.csv", precision="auto", **settings).already == 12
    exact = predict(collection, model, tmp_path / "b.parquet", precision="fp32", **settings)
    assert (exact.done, exact.already) == (12, 0)
    found = np.stack([pq.read_table(tmp_path / "b.parquet")[f"p_{name}"] for name in CLASSES], 1)
    wanted = model.probabilities(collection, range(12), precision="fp32")
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    judged, _ = judged_by(collection, model, "label", quiet=True)  # takes the exact ones as well
    np.testing.assert_allclose(judged.probabilities, wanted, atol=1e-5)


def test_views_do_not_depend_on_how_the_galaxy_lies(collection, model, tmp_path):
    one = predict(collection, model, tmp_path / "1.parquet", **QUICK)
    eight = predict(collection, model, tmp_path / "8.parquet", views=8, **QUICK)
    assert (one.rows, eight.done) == (40, 39)
    with pytest.raises(UsageError, match="views must be one of"):
        predict(collection, model, tmp_path / "3.parquet", views=3)


def test_stamps_of_a_few_pixels_are_told(model, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, side in (("a", 32), ("b", 3), ("c", 1)):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((side, side, 3), 90, np.uint8))
    collection = create_collection(folder, tmp_path / "galaxies", quiet=True).collection
    report = predict(collection, model, tmp_path / "t.csv", **QUICK)
    assert "2 of 3 stamps are below 8 pixels a side, as b" in report.remarks[-1]
    some = predict(collection, model, tmp_path / "t.csv", rows=np.array([0, 2]), **QUICK)
    assert "1 of 2 stamps are below 8 pixels a side, as c" in some.remarks[-1]
    usual = predict(collection, model, tmp_path / "t.csv", rows=np.array([0]), **QUICK)
    assert not any("pixels a side" in line for line in usual.remarks)


def test_not_one_stamp_can_be_read(tmp_path):
    collection = damaged(damaged(galaxies(tmp_path, 2), 0), 1)
    report = predict(collection, two_stages(), tmp_path / "t.csv", **QUICK)
    assert (report.done, len(report.unreadable)) == (0, 2)
    assert read_table(tmp_path / "t.csv")["label"].to_pylist() == [None, None]
    with pytest.raises(DataError, match="no stamp can be read"):
        evaluate_model(collection, two_stages(), label_column="label", quiet=True)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"coverage": 0.93}, UnknownNameError, "unknown coverage '0.93'"),
        ({"purity": 0.999}, UsageError, "not shown to reach a purity of 0.999. Ask for one of 0.95"),
        ({"purity": 95}, UnknownNameError, "unknown purity"),
        ({"engine": "rai"}, UnknownNameError, "Did you mean ray"),
        ({"bands": ("u", "g", "r")}, UnknownNameError, "band"),
    ],
)
def test_impossible_settings_write_nothing(collection, model, tmp_path, settings, error, said):
    with pytest.raises(error, match=said):
        predict(collection, model, tmp_path / "t.csv", quiet=True, **settings)
    assert not list(tmp_path.iterdir())


def test_a_table_of_no_known_kind_is_refused_first(collection, tmp_path):
    with pytest.raises(UsageError, match="not a kind of table"):
        predict(collection, "no-such-model", tmp_path / "t.doc")


@pytest.fixture
def flux(tmp_path):
    write_cubes(tmp_path / "cubes", 4)
    return create_collection(tmp_path / "cubes", tmp_path / "flux", quiet=True).collection


def test_flux_through_a_stretch_that_was_not_learnt_is_refused(flux, model, tmp_path):
    with pytest.raises(EmbeddingError, match=r"learnt from pictures.*--any-stretch"):
        predict(flux, model, tmp_path / "t.csv", **QUICK)
    assert predict(flux, model, tmp_path / "t.csv", any_stretch=True, **QUICK).done == 4
    taught = replace(model, facts={"stretches": [flux.manifest.stretch]})
    assert predict(flux, taught, tmp_path / "t.csv", **QUICK).rows == 4
    other = replace(model, facts={"stretches": [{"kind": "linear"}]})
    with pytest.raises(EmbeddingError, match=r"Write it under \[stretch\] in .*collection.toml"):
        predict(flux, other, tmp_path / "t.csv", **QUICK)


def test_another_stretch_makes_other_predictions(flux, model, tmp_path):
    predict(flux, model, tmp_path / "t.csv", any_stretch=True, **QUICK)
    write_manifest(flux.path, replace(flux.manifest, stretch={"kind": "linear", "low": 0.0, "high": 9.0}))
    changed = Collection.open(flux.path)
    assert predict(changed, model, tmp_path / "t.csv", any_stretch=True, **QUICK).done == 4


def test_missing_bands_are_one_clear_line(tmp_path, model):
    write_cubes(tmp_path / "cubes", 3, bands="griz")
    four = create_collection(tmp_path / "cubes", tmp_path / "four", quiet=True).collection
    with pytest.raises(EmbeddingError, match=r"--bands") as caught:
        predict(four, model, tmp_path / "t.csv", **QUICK)
    assert "tuningfork predict" in str(caught.value)


def test_a_model_is_judged_beside_the_commonest_class(collection, model):
    report = evaluate_model(collection, model, label_column="label", quiet=True)
    rows = {row["name"]: row for row in report["rows"]}
    assert rows["accuracy"]["n"] == 39
    assert rows["accuracy"]["majority"] == pytest.approx(14 / 39)
    assert rows["recall bright"]["majority"] in (0.0, 1.0)
    assert rows["coverage of the 90% sets"]["low"] <= rows["coverage of the 90% sets"]["value"]
    assert any("g0005" in note for note in report["notes"])


def test_judged_numbers_are_those_of_scikit_learn(model):
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    rng = np.random.default_rng(0)
    truth, p = rng.integers(0, 3, 90), rng.dirichlet(np.ones(3), 90)
    said = p.argmax(axis=1)
    rows = {row["name"]: row["value"] for row in judge(model, truth, p)}
    assert rows["accuracy"] == pytest.approx(accuracy_score(truth, said))
    assert rows["balanced accuracy"] == pytest.approx(balanced_accuracy_score(truth, said))
    assert rows["macro-F1"] == pytest.approx(f1_score(truth, said, average="macro"), abs=1e-6)


def test_classes_that_the_model_does_not_know_are_counted_or_refused(collection):
    other = Model(("dark", "bright", "green"), (network(3),), name="other")
    report = evaluate_model(collection, other, label_column="label", quiet=True)
    assert any("does not know took no part: blue" in note for note in report["notes"])
    none = Model(("spiral", "bar"), (network(2),), name="none")
    with pytest.raises(DataError, match=r"no galaxy is of a class of 'none' \(spiral, bar\)"):
        evaluate_model(collection, none, label_column="label", quiet=True)
    with pytest.raises(UnknownNameError, match="unknown column 'lable'"):
        evaluate_model(collection, other, label_column="lable", quiet=True)


def _predict_in_small_steps(folder, file, out, steps):
    writer_module.FRAGMENT_ROWS, writer_module.FRAGMENT_SECONDS = 8, 0.0
    plain_add = writer_module.FragmentWriter.add

    def add(self, ids, vectors):
        steps.release()
        plain_add(self, ids, vectors)

    writer_module.FragmentWriter.add = add
    predict(Collection.open(folder), load_model(file), out, **QUICK)


@pytest.mark.kill
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_again_and_again_the_table_is_that_of_an_unbroken_run(tmp_path):
    collection = galaxies(tmp_path, 280)
    file = save_model(tmp_path / "m.safetensors", plain(), TOLD)
    context = warm()
    moments, kills, out = random.Random(2), 0, tmp_path / "out.parquet"
    for _ in range(20):
        steps = context.Semaphore(0)
        child = context.Process(target=_predict_in_small_steps, args=(collection.path, file, out, steps))
        child.start()
        after = moments.randint(1, 4)
        while after and child.is_alive():
            after -= steps.acquire(timeout=0.2)
        child.join(moments.uniform(0, 0.02))
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        kills += child.exitcode == -signal.SIGKILL
        if kills == 6 or out.exists():
            break
    assert kills >= 5
    assert not out.exists()
    report = predict(collection, load_model(file), out, **QUICK)
    assert 0 < report.already < 280
    assert report.already + report.done == 280
    calm = galaxies(tmp_path / "calm", 280)
    predict(calm, load_model(file), tmp_path / "calm.parquet", **QUICK)
    broken, unbroken = pq.read_table(out), pq.read_table(tmp_path / "calm.parquet")
    assert broken["id"].to_pylist() == unbroken["id"].to_pylist()
    assert broken["label"].to_pylist() == unbroken["label"].to_pylist()
    for name in CLASSES:
        np.testing.assert_allclose(broken[f"p_{name}"], unbroken[f"p_{name}"], atol=1e-5)


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_ray_predicts_the_same(tmp_path, model):
    collection = galaxies(tmp_path, 60, broken=BROKEN)
    here = predict(collection, model, tmp_path / "here.parquet", **QUICK)
    other = galaxies(tmp_path / "other", 60, broken=BROKEN)
    there = predict(other, model, tmp_path / "there.parquet", engine="ray", workers=1, **QUICK)
    assert (here.done, here.unreadable) == (there.done, there.unreadable)
    ours, theirs = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    assert ours["label"].to_pylist() == theirs["label"].to_pylist()
