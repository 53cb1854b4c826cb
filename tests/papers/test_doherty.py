"""Doherty's tables: shared cells, a stopped sweep, a question without votes, the paper's own numbers."""

from dataclasses import replace

import numpy as np
import pytest

from tests.papers.votes_made import voted
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.papers.doherty2024 import settings as module
from tuningfork.papers.doherty2024.asked import ask
from tuningfork.papers.doherty2024.printed import (
    LABELS,
    TABLES,
    is_constant,
    majority_of,
    network_of,
    printed,
    schemes_of,
)
from tuningfork.papers.registry import find_table


@pytest.fixture
def tiny(monkeypatch):
    """Two folds, two passes of a small network, and an encoder that knows nothing but takes no time."""
    for name, way in module.SETTINGS.items():
        own = replace(way.recipe.settings, size=32, batch=8, precision="fp32", views="turned")
        recipe = replace(way.recipe, settings=own, epochs=2, head_epochs=1)
        monkeypatch.setitem(
            module.SETTINGS, name, replace(way, recipe=recipe, folds=2, transformers=32, instead="cct")
        )
    monkeypatch.setattr(module, "_NETWORKS", ("cct",))
    noise = np.random.default_rng(0).normal(size=(40, 4))
    monkeypatch.setattr("tuningfork.papers.pretrained.frozen_vectors", lambda *_: noise)


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    return voted(tmp_path_factory.mktemp("doherty") / "in")


def make(collection, name, out, **options):
    return find_table("doherty2024", name).make([str(collection.path)], out, quiet=True, **options)


@pytest.mark.training
def test_a_table_that_was_stopped_ends_as_the_whole_one_and_lends_its_cells(galaxies, tiny, tmp_path):
    part = make(galaxies, "table23", tmp_path / "run", cells=13)
    assert any("13 of 26 cells are finished" in note for note in part.notes)
    report = make(galaxies, "table23", tmp_path / "run")
    assert report.rows == make(galaxies, "table23", tmp_path / "whole").rows
    assert not list((tmp_path / "run").rglob("*.ckpt"))
    rows = {line["score"]: line for line in report.rows}
    assert rows["Accuracy"]["paper"] == 0.7462
    assert "constant answer" in rows["Accuracy"]["remark"]
    assert (rows["Accuracy"]["galaxies"], rows["Accuracy"]["seeds"]) == (40, 1)
    accuracy = rows["Binary accuracy"]
    assert accuracy["low"] <= accuracy["ours"] <= accuracy["high"]
    assert accuracy["measured"] > accuracy["majority"]  # bars and discs are easily told apart
    assert accuracy["paper_majority"] == 0.7243
    other = make(galaxies, "table24", tmp_path / "run", cells=0)  # its cells are all there
    assert {line["score"] for line in other.rows} == {
        *("AUC", "Precision", "Recall", "F1", "TP", "TN", "FP", "FN", "Balanced accuracy")
    }
    assert other.rows[0]["paper"] == 0.7389
    for name in ("table23", "table24"):
        assert (tmp_path / "run" / f"{name}.md").exists()


@pytest.mark.training
def test_a_question_without_votes_is_one_line(tiny, tmp_path):
    collection = voted(tmp_path / "in", 24, without="t03_bar")
    report = make(collection, "schemes", tmp_path / "run", cells=0)
    missing = [line for line in report.rows if line["remark"].startswith("missing")]
    assert {line["scheme"] for line in missing} == {"q3", "hubble", "reduced", "all"}
    assert all("\n" not in line["remark"] for line in missing)
    assert any(note.startswith("q3 is missing: ") for note in report.notes)
    assert report.short()[1]  # a terminal can show it
    told = {line["scheme"]: line["paper"] for line in missing if line["name"].endswith(": Accuracy")}
    assert told == {"q3": 0.8515, "hubble": None, "reduced": 0.5758, "all": 0.5557}


@pytest.mark.training
def test_all_networks_on_one_question_learn_it(galaxies, tiny, tmp_path):
    report = make(galaxies, "networks", tmp_path / "run", seeds=2)
    rows = {line["score"]: line for line in report.rows}
    assert rows["Accuracy"]["name"] == "cct: Accuracy"
    assert rows["Accuracy"]["paper"] is None
    assert rows["Accuracy"]["seeds"] == 2
    assert rows["Accuracy"]["measured"] == 1.0


@pytest.mark.training
def test_the_papers_settings_hold_galaxies_out_and_count_the_unasked(galaxies, tiny, tmp_path):
    report = make(galaxies, "table23", tmp_path / "run", settings="paper", cells=13)
    assert any("chooses the pass" in note for note in report.notes)
    asked = ask([str(galaxies.path)], module.SETTINGS["paper"], tmp_path / "run", quiet=True)
    plain = ask([str(galaxies.path)], module.SETTINGS["cpu"], tmp_path / "run", quiet=True)
    assert asked.known("q8").all()
    assert plain.known("q8").sum() == 14


def test_every_galaxy_is_judged_once_and_learnt_from_elsewhere(galaxies, tiny, tmp_path):
    asked = ask([str(galaxies.path)], module.SETTINGS["cpu"], tmp_path, quiet=True)
    judged = []
    for fold in range(2):
        rows, test = asked.parts("q0", 0, fold)
        assert not set(rows) & set(test)
        judged += test.tolist()
    assert sorted(judged) == list(range(40))
    assert asked.keys()["q0"] != asked.keys()["q1"]
    assert asked.questions()["hubble"] == ("q0", "q2", "q3", "q10")
    assert len(asked.labels["all"].names) == LABELS["all"]


def test_wrong_calls_are_refused(galaxies, skies, tmp_path):
    with pytest.raises(UnknownNameError, match="cpu"):
        make(galaxies, "table5", tmp_path, settings="cup")
    with pytest.raises(UsageError, match="knows no --label"):
        make(galaxies, "table5", tmp_path, label="x")
    with pytest.raises(UsageError, match="one collection"):
        find_table("doherty2024", "table5").make([], tmp_path, quiet=True)
    with pytest.raises(DataError, match="no question can be asked"):
        find_table("doherty2024", "table5").make([str(skies["survey"])], tmp_path / "run", quiet=True)


def test_the_papers_numbers_agree_with_each_other():
    assert printed("resnet50", "q0", "Accuracy") == 0.9304
    assert printed("vit-64", "q5", "F1") == 0.4770
    assert printed("resnet50", "hubble", "Accuracy") is None
    for number in TABLES:
        for scheme in schemes_of(number):
            own = {
                s: printed(network_of(number), scheme, s) for s in ("TP", "FP", "Precision", "Recall", "FN")
            }
            if number % 2 or own["TP"] is None:
                continue
            said = own["TP"] + own["FP"] or 1
            assert own["TP"] / said == pytest.approx(own["Precision"], abs=3e-3)  # two rows are off by 0.002
            if scheme not in ("reduced", "all"):  # one answer of each galaxy is true
                assert own["TP"] + own["FN"] == pytest.approx(1, abs=1e-3)


def test_constant_answers_are_known_by_their_f1():
    constant = {(network_of(n), s) for n in TABLES for s in schemes_of(n) if is_constant(network_of(n), s)}
    of_vit = {s for network, s in constant if network == "vit-64"}
    assert of_vit == {"q1", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "reduced", "all"}
    assert constant - {("vit-64", s) for s in of_vit} == {
        ("resnet50", "q10"),
        ("vgg16", "reduced"),
        ("vgg19", "all"),
        ("cct", "reduced"),
        ("cvt", "reduced"),
    }
    assert majority_of("q3", "Accuracy") > printed("resnet50", "q3", "Accuracy")
    assert majority_of("q2", "Accuracy") is None
    assert majority_of("q6", "F1") == pytest.approx(printed("vit-64", "q6", "F1"), abs=2e-4)


def test_the_cpu_twin_is_a_matter_of_an_hour_and_the_networks_of_three():
    way, known = module.SETTINGS["cpu"], dict.fromkeys(module.SCHEMES, 745)
    data = dict.fromkeys(module.SCHEMES, "x")
    for table, hours in (("schemes", 1), ("networks", 3)):
        plan = module.plan_of(table, way)
        cells = list(module.cells_of(plan, way, data, {s: ("q0",) for s in module.SCHEMES}, 1))
        assert len({str(sorted(cell.items())) for cell in cells}) == len(cells)
        assert sum(module.seconds_of(cell, way, known) for cell in cells) < hours * 3600
