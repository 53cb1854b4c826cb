"""Familiarity: a distance that means something, a file that keeps it, a table that abstains by it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tuningfork.collection import create_collection, read_table
from tuningfork.collection.vectors import VectorTable
from tuningfork.embeddings.prepare import prepare_rows
from tuningfork.encoders.model_files import find_model
from tuningfork.encoders.weights_file import read_certificate, tensors_hash
from tuningfork.errors import UsageError, WeightsError
from tuningfork.tasks.morphology.deciding import too_few_for_sets
from tuningfork.tasks.morphology.familiarising import familiarity_out_of_fold, with_familiarity
from tuningfork.tasks.morphology.familiarity import Familiarity, familiarity_of, known_of
from tuningfork.tasks.morphology.fitting import fit_model
from tuningfork.tasks.morphology.judging import judged_by
from tuningfork.tasks.morphology.model_file import as_stored, save_model
from tuningfork.tasks.morphology.predicting import check_wishes, predict
from tuningfork.tasks.morphology.shelf import load_model
from tuningfork.tasks.reporting import write_passport, write_report
from tuningfork.tasks.reporting.reading import as_judged

from .made import CLASSES, QUICK, TOLD, galaxies, plain, two_stages

GZ5_NETWORKS = "9d8de94405b1b923bfa8ba5a53b7c314375c1b7a3d1e5745ee537540e87e9cf5"


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("familiar"), 150)


def watched(model, collection):
    rows = np.arange(len(collection))
    return with_familiarity(as_stored(model), collection, rows[:90], rows[:90] % 3, rows[90:])


@pytest.fixture(scope="module")
def model(collection):
    return watched(plain(temperature=1.5, qhat={"0.90": 0.7}), collection)


def clouds(rng, n):
    """Three classes in 30 dimensions, long along one direction."""
    codes = np.arange(n) % 3
    X = rng.normal(0, 1, (n, 30))
    X[:, 0] += 8 * codes
    X[:, 1] *= 20
    return X, codes


def test_the_distance_is_that_of_the_nearest_class_in_its_own_spreads():
    rng = np.random.default_rng(0)
    known = known_of(*clouds(rng, 3000))
    at = np.zeros((4, 30), np.float32)
    at[1, 1], at[2, 2], at[3, 0] = 60, 60, 12  # three spreads along; sixty; between two classes
    usual, along, across, between = known(torch.from_numpy(at)).tolist()
    assert along - usual == pytest.approx(9, rel=0.1)
    assert across - usual == pytest.approx(3600, rel=0.1)
    assert between - usual == pytest.approx(16, rel=0.2)


def test_p_values_are_shares_of_galaxies_that_were_held_out():
    rng = np.random.default_rng(1)
    known, others = known_of(*clouds(rng, 900)), clouds(rng, 1200)[0].astype(np.float32)
    told = known(torch.from_numpy(others)).numpy()
    measure = familiarity_of([known], [told[:400]])
    p = measure.p_values(told[400:] / float(known.unit))
    for share in (0.05, 0.2, 0.5):
        assert (p <= share).mean() == pytest.approx(share, abs=0.05)
    assert measure.p_values(np.array([1e9, 0.0, np.nan])) == pytest.approx([1 / 401, 1, np.nan], nan_ok=True)
    assert np.median(measure.levels) == pytest.approx(1, abs=0.01)


def test_out_of_fold_judges_none_by_itself():
    rng = np.random.default_rng(2)
    X, codes = clouds(rng, 90)  # fewer galaxies than would tell thirty variances well
    measure = familiarity_out_of_fold(X, codes, np.arange(90) % 5)
    known = known_of(X, codes)
    own = known(torch.from_numpy(X.astype(np.float32))).numpy()
    assert np.median(own) < float(measure.known[0].unit)
    assert len(measure.levels) == 90


def test_levels_are_of_all_classes_where_rows_are_sorted_by_class():
    """More held-out galaxies than are kept, as in a collection made of a folder for each class."""
    rng = np.random.default_rng(5)
    codes = np.repeat([0, 1], [6000, 1500])
    X = rng.normal(0, 1, (7500, 4)) * np.where(codes, 6, 1)[:, None] + 40 * codes[:, None]
    measure = familiarity_out_of_fold(X, codes, np.arange(7500) % 5)
    told = measure.known[0](torch.from_numpy(X[codes == 1].astype(np.float32))).numpy()
    assert len(measure.levels) == 5000
    assert (measure.p_values(told) < 0.01).mean() < 0.1  # a twentieth where 1 % of all are below 0.01


def test_features_of_any_size_are_kept():
    """A training of hours shall not end because half precision holds no number above 65504."""
    rng = np.random.default_rng(6)
    X, codes = clouds(rng, 300)
    usual = known_of(X, codes)(torch.from_numpy(X.astype(np.float32)))
    for size in (1e-6, 1e6):
        same = known_of(size * X, codes)(torch.from_numpy((size * X).astype(np.float32)))
        torch.testing.assert_close(same, usual, rtol=0.2, atol=1)


def test_nothing_is_known_of_one_galaxy_or_numbers_that_are_none(collection, model):
    rows = np.arange(5)
    assert with_familiarity(plain(), collection, rows, rows % 3, rows).familiarity is None
    with pytest.raises(UsageError, match="levels"):
        Familiarity(model.familiarity.known, np.array([np.nan]))
    with pytest.raises(UsageError, match="of 1 networks, not 2"):
        replace(two_stages(), familiarity=model.familiarity)


@pytest.mark.parametrize("make", [plain, two_stages])
def test_a_file_keeps_it_and_no_probability_moves(collection, tmp_path, make):
    bare = as_stored(make())
    file = save_model(tmp_path / "m.safetensors", watched(make(), collection), TOLD)
    again = load_model(file)
    p, known = again.told(collection, range(150), precision="fp32")
    np.testing.assert_array_equal(p, bare.probabilities(collection, range(150), precision="fp32"))
    held_out = np.sort(known[90:])
    np.testing.assert_allclose(held_out, np.arange(1, 61)[: len(held_out)] / 61 + 1 / 61, atol=0.05)
    assert again.familiarity.hash == watched(make(), collection).familiarity.hash
    assert again.encoder.spec.key.startswith(f"model-{again.name}-")
    assert again.watching.spec.key != again.encoder.spec.key


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("familiarity.levels"),
        lambda t: t.update({"familiarity.0.spread": torch.zeros_like(t["familiarity.0.spread"])}),
        lambda t: t.update({"familiarity.0.means": torch.zeros(3, 7)}),
        lambda t: t.update({"familiarity.levels": torch.tensor([float("inf")])}),
        lambda t: t.update({"familiarity.7.means": torch.zeros(3, 7)}),
        lambda t: t.update({"familiarity.0.spread": t["familiarity.0.spread"].to(torch.complex64)}),
        lambda t: t.update({"familiarity.levels": torch.ones(3, dtype=torch.int64)}),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(tmp_path, model, change):
    import json

    file = save_model(tmp_path / "m.safetensors", model, TOLD)
    tensors, certificate = load_file(file), read_certificate(file, "model")
    change(tensors)
    certificate["tensors_sha256"] = tensors_hash(tensors)
    save_file(tensors, file, {"tuningfork": json.dumps(certificate)})
    with pytest.raises(WeightsError, match="cannot be used"):
        load_model(file)


@pytest.fixture
def strange(tmp_path):
    """Two galaxies as usual, noise, and three pictures without any signal."""
    folder, rng = tmp_path / "strange", np.random.default_rng(3)
    folder.mkdir()
    for name, colour in (("a", 20), ("b", 200)):
        cv2.imwrite(
            str(folder / f"{name}.png"), np.clip(rng.normal(colour, 12, (32, 32, 3)), 0, 255).astype(np.uint8)
        )
    cv2.imwrite(str(folder / "c.png"), rng.integers(0, 256, (32, 32, 3)).astype(np.uint8))
    for name, colour in (("d", (0, 0, 0)), ("e", (255, 255, 255)), ("f", (9, 30, 60))):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((32, 32, 3), colour, np.uint8))
    return create_collection(folder, tmp_path / "c", quiet=True).collection


def test_the_table_abstains_where_nothing_alike_was_learnt(strange, model, tmp_path):
    report = predict(strange, model, tmp_path / "t.parquet", familiar=0.02, **QUICK)
    table = read_table(tmp_path / "t.parquet")
    assert table.column_names[-3:] == ["abstained", "familiarity", "unlikeness"]
    known, labels = table["familiarity"].to_pylist(), table["label"].to_pylist()
    assert known[2] == pytest.approx(1 / 61)
    assert labels[2] in CLASSES
    assert table["abstained"].to_pylist() == [False, False, True, True, True, True]
    assert (report.abstained, report.unfamiliar) == (1, 1)
    never = predict(strange, model, tmp_path / "t.parquet", familiar=0, **QUICK)
    assert (never.done, never.unfamiliar) == (0, 0)


def test_no_signal_has_no_label_whatever_the_model(strange, model, tmp_path):
    for each in (model, plain(), two_stages()):
        report = predict(strange, each, tmp_path / "t.csv", **QUICK)
        assert read_table(tmp_path / "t.csv")["label"].to_pylist()[3:] == [None] * 3
        assert [name for name, why in report.unreadable if "no signal" in why] == ["d", "e", "f"]


def test_labels_of_no_signal_that_an_older_version_kept_are_not_gone_on_with(strange, tmp_path):
    model = plain()
    key = f"{model.encoder.spec.key}+fp32"  # as it was called before
    old = VectorTable(strange.path / "predictions" / f"{key}.lance", key)
    old.append(list("abcdef"), np.tile([0.9, 0.05, 0.05], (6, 1)), {"precision": "fp32"})
    report = predict(strange, model, tmp_path / "t.csv", **QUICK)
    assert (report.done, report.already) == (3, 0)
    assert read_table(tmp_path / "t.csv")["label"].to_pylist()[3:] == [None] * 3
    assert any("6 predictions of an older version" in line and key in line for line in report.remarks)
    again = predict(strange, model, tmp_path / "t.csv", **QUICK)
    assert (again.done, again.already) == (0, 3)
    assert not any("older version" in line for line in again.remarks)


def test_pictures_without_signal_are_read_once(strange, model, monkeypatch):
    """At the rim of a survey nearly every batch holds one: the others must not be read one by one for it."""
    asked, pixels = [], type(strange).pixels
    monkeypatch.setattr(
        type(strange),
        "pixels",
        lambda self, rows, **how: asked.append(len(rows)) or pixels(self, rows, **how),
    )
    batch = prepare_rows(strange, model.encoder, np.arange(6), fit_model(strange, model))
    assert asked == [6]
    assert batch.rows.tolist() == [0, 1, 2]
    assert [row for row, _ in batch.unreadable] == [3, 4, 5]


def test_what_a_model_cannot_tell_is_said(strange, model, tmp_path):
    old = predict(strange, plain(), tmp_path / "t.csv", **QUICK)
    assert "'plain' holds no measure of familiarity" in old.remarks[-1]
    assert "familiarity" not in read_table(tmp_path / "t.csv").column_names
    few = predict(strange, model, tmp_path / "t.csv", **QUICK)
    assert "was judged on 60 galaxies: no familiarity is below 0.0164" in few.remarks[-1]
    least = predict(strange, model, tmp_path / "t.csv", familiar=1 / 61, **QUICK)
    assert (least.unfamiliar, "so no picture counts as unfamiliar" in least.remarks[-1]) == (0, True)
    with pytest.raises(UsageError, match="holds no measure of familiarity"):
        check_wishes(plain(), None, None, 0.05)
    with pytest.raises(UsageError, match="from 0 to below 1, not 5"):
        check_wishes(model, None, None, 5)


def test_sets_that_hold_all_classes_are_told(strange, tmp_path):
    few = plain(qhat={"0.80": 0.7, "0.90": 1.0, "0.95": 1.0})
    said = "too few held-out galaxies for conformal sets (a coverage of 90 % needs 9): they hold all classes"
    assert said in predict(strange, few, tmp_path / "t.csv", **QUICK).remarks
    assert read_table(tmp_path / "t.csv")["set"].to_pylist()[0] == ";".join(CLASSES)
    fine = predict(strange, few, tmp_path / "t.csv", coverage=0.8, **QUICK)
    assert not any("too few" in line for line in fine.remarks)
    assert "90 % needs 9, 95 % needs 19" in too_few_for_sets(few.qhat)[0]
    assert too_few_for_sets({"0.90": 0.99}) == too_few_for_sets({}) == ()


def test_the_judged_bear_their_familiarity(collection, model):
    judged, _ = judged_by(collection, model, "label", quiet=True)
    assert np.isfinite(judged.facts["familiarity"]).all()
    assert (judged.facts["familiarity"][90:] <= 0.5).mean() == pytest.approx(0.5, abs=0.1)


def test_report_and_passport_show_it(collection, model, tmp_path):
    judged, _ = judged_by(collection, model, "label", quiet=True)
    judged.facts["familiarity"][7] = 0.004
    run = as_judged(judged, collection)
    pages = [write_passport(run, str(judged.ids[k]), tmp_path / f"{k}.html").read_text() for k in (7, 8)]
    assert "0.4 % of the galaxies that were held out" in pages[0]
    assert ["Unlike what the network learnt" in page for page in pages] == [True, False]
    write_report(run, tmp_path / "report.html", reasons=False)
    assert "share of the galaxies held out of the training" in (tmp_path / "report.html").read_text()


def test_the_shipped_model_has_it_and_its_networks_are_what_they_were():
    file = find_model("gz5")
    tensors = load_file(file)
    networks = {name: t for name, t in tensors.items() if not name.startswith("familiarity.")}
    assert tensors_hash(networks) == GZ5_NETWORKS
    assert file.stat().st_size < 8_000_000
    assert len(load_model("gz5").familiarity.levels) == 485
