"""HIWL's tables: shared cells, a stopped sweep, the pair that is merged, and what the paper prints."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tuningfork.collection import create_collection
from tuningfork.errors import DataError, UnknownNameError, UsageError, WeightsError
from tuningfork.papers.answers import pack_shares, unpack_shares
from tuningfork.papers.ma2023 import printed, tables
from tuningfork.papers.ma2023 import settings as module
from tuningfork.papers.ma2023.galaxies import merged_pair, open_galaxies
from tuningfork.papers.ma2023.many_networks import verdict
from tuningfork.papers.ma2023.notes import constant_arms
from tuningfork.papers.ma2023.rows import Desk
from tuningfork.papers.ma2023.tally import Tally, accuracy, average, f1, precision, recall
from tuningfork.papers.registry import TABLES, find_table

SHAPES = {"CRS": 1.0, "IBS": 0.6, "CSS": 0.3, "EO": 0.15, "SPI": 0.9}


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """60 galaxies of the five classes, a quarter of them "val"; two of these are twins of others."""
    root, rng = tmp_path_factory.mktemp("five"), np.random.default_rng(0)
    folder = root / "pictures"
    folder.mkdir()
    lines, first = ["id,file,label,split"], None
    for number in range(60):
        name = list(SHAPES)[number % 5]
        part = "val" if number % 4 == 3 else "train"
        picture = _galaxy(rng, SHAPES[name], arms=name == "SPI")
        if number == 0:
            first = picture
        if number in (35, 55):  # val, and CRS as number 0
            picture = first
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        lines.append(f"g{number},{number}.png,{name},{part}")
    (folder / "catalogue.csv").write_text("\n".join(lines))
    create_collection(folder, root / "five", catalogue=folder / "catalogue.csv", quiet=True)
    return root / "five"


def _galaxy(rng, ratio, *, arms):
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / ratio
    light = np.exp(-np.hypot(u, v) / 0.25)
    if arms:
        light = light * (1 + 0.8 * np.cos(2 * np.arctan2(v, u) + 9 * np.hypot(u, v)))
    knots = sum(
        np.exp(-np.hypot(x - a, y - b) / 0.04) for a, b in rng.uniform(-0.8, 0.8, (6, 2))
    )  # by which a galaxy is known again
    picture = (180 * light + 60 * knots)[..., None] * rng.uniform(0.6, 1, 3)
    return (picture + rng.normal(8, 2, (32, 32, 3))).clip(0, 255).astype(np.uint8)


@pytest.fixture
def tiny(monkeypatch):
    small = {"rate": 1e-3, "precision": "fp32"}
    networks = {
        "resnet26": module.Network("timm:test_resnet", 300, instead=small),
        "vit": module.Network("timm:test_resnet", 50, instead=small),
        "efficientnet-lite0": module.Network("timm:test_resnet", 60, instead=small),
    }
    way = module.SETTINGS["cpu"]
    like = replace(way.settings, size=32, batch=8)
    tiny = replace(way, settings=like, networks=networks, passes=(2, 2), candidates=2)
    monkeypatch.setitem(module.SETTINGS, "cpu", tiny)


def make(source, out, table, **options):
    options = {"label": "label", "split_column": "split", "seeds": 1, "quiet": True, **options}
    return find_table("ma2023", table).make([str(source)], out, **options)


def cells(out):
    lines = (out / "cells.jsonl").read_text().splitlines()
    return [(line["cell"]["network"], line["cell"]["training"]) for line in map(json.loads, lines)]


@pytest.mark.training
def test_tables_share_their_trainings_and_go_on_after_a_stop(five, tiny, tmp_path):
    out = tmp_path / "run"
    part = make(five, out, "table3", cells=1)
    assert {line["arm"] for line in part.rows} == {"plain"}
    assert any("1 of 3 cells are finished" in note for note in part.notes)
    table3 = make(five, out, "table3")
    assert table3.shown() == make(five, tmp_path / "whole", "table3").shown()
    rows = {line["name"]: line for line in table3.rows}
    assert rows["HIWL: CSS called EO"]["paper"] == pytest.approx(11 / 58)
    assert sum(line["arm"] == "combination" for line in table3.rows) == 4
    assert sum(line.get("chosen") or 0 for line in table3.rows) == 1
    for name in SHAPES:
        assert sum(rows[f"HIWL: {name} called {other}"]["ours"] for other in SHAPES) == pytest.approx(1)

    trained = cells(out)
    assert {line["name"] for line in make(five, out, "table4").rows} >= {"HIWL: F1 of CSS"}
    assert cells(out) == trained
    make(five, out, "table5")
    make(five, out, "table6")
    assert len(cells(out)) == len(trained) + 1 + 2
    table7 = make(five, out, "table7")
    assert len(cells(out)) == len(set(cells(out))) == 6 + 2 * 3 + 1  # one network is quick: it runs long, too
    assert any(note.startswith("no verdict yet, 2 of 10") for note in table7.notes)
    lead = next(line for line in table7.rows if line["name"] == "vit: HIWL above plain")
    by_arm = {line["arm"]: line["ours"] for line in table7.rows if line["network"] == "vit"}
    assert lead["paper"] == 0.0187
    assert lead["ours"] == pytest.approx(by_arm["HIWL"] - by_arm["plain"])
    assert lead["gained"] - lead["lost"] == pytest.approx(lead["ours"] * 13)
    for name in ("table8", "table9", "table10", "table11"):
        report = make(five, out, name)
        assert (out / f"{name}.csv").exists()
        assert "SC-Net" in " ".join(report.notes) or name in ("table10", "table11")
    assert len(cells(out)) == 13  # nothing new: the ResNet26 of table 7 stands in for that of Zhu
    assert not list(out.rglob("*.ckpt"))


@pytest.mark.training
def test_other_classes_merge_what_a_plain_network_confuses(five, tiny, tmp_path):
    report = make(five, tmp_path / "run", "table6", hiwl="auto", cells=2)
    assert len(cells(tmp_path / "run")) == 2
    assert any("confuses them most" in note for note in report.notes)
    nothing = make(five, tmp_path / "other", "table6", hiwl="auto", cells=0)
    assert not nothing.rows
    assert "a plain network comes first" in nothing.notes[0]


def test_what_chooses_does_not_judge_and_twins_judge_nothing(five, tmp_path):
    found = open_galaxies(str(five), "label", "split", tmp_path, quiet=True)
    assert found.classes == printed.CLASSES
    parts = [set(found.rows(part).tolist()) for part in ("train", "choosing", "judged")]
    assert not parts[0] & parts[1]
    assert not parts[2] & (parts[0] | parts[1])
    assert set(found.texts(found.choosing)) == set(SHAPES)
    names = set(found.collection.ids(found.judged).tolist())
    assert not names & {"g35", "g55"}
    assert len(names) == 13
    assert any("2 judged galaxies are twins" in note for note in found.notes)
    assert open_galaxies(str(five), "label", "split", tmp_path, quiet=True).key == found.key


def test_the_pair_is_the_papers_unless_it_is_not_there():
    assert merged_pair(None, printed.CLASSES) == {"CSS+EO": ("CSS", "EO")}
    assert merged_pair("auto", printed.CLASSES) is None
    assert merged_pair(None, ("a", "b", "c")) is None
    assert merged_pair("a+b", ("a", "b", "c")) == {"a+b": ("a", "b")}
    with pytest.raises(DataError, match="no galaxy of class CSS"):
        merged_pair(None, ("CRS", "EO", "SPI"))
    with pytest.raises(UsageError):
        merged_pair("a+b,c+d", ("a", "b", "c", "d", "e"))
    with pytest.raises(UsageError):
        merged_pair(None, ("a", "b"))


def test_wrong_calls_are_refused_before_any_training(five, tmp_path):
    with pytest.raises(UsageError, match="one labelled collection"):
        find_table("ma2023", "table7").make([], tmp_path, label="label")
    with pytest.raises(UsageError, match="--label"):
        find_table("ma2023", "table7").make([str(five)], tmp_path)
    with pytest.raises(UnknownNameError, match="label"):
        make(five, tmp_path, "table7", label="lable")
    with pytest.raises(UnknownNameError, match="cpu"):
        make(five, tmp_path, "table7", settings="cup")
    assert not (tmp_path / "cells.jsonl").exists()


def test_the_papers_numbers_agree_with_each_other():
    matrix = np.array(printed.CONFUSION)
    assert matrix.sum(axis=1).tolist() == [844, 807, 58, 391, 781]  # table 2, test set
    assert round(np.trace(matrix) / matrix.sum(), 4) == printed.OVERALL["judged"]
    for kind, name in enumerate(printed.CLASSES):
        hits = matrix[kind, kind]
        told = (hits / matrix[kind].sum(), hits / matrix[:, kind].sum())
        assert printed.PER_CLASS[name][0] == pytest.approx(told[0], abs=6e-5)
        slip = 0.0031 if name == "CSS" else 6e-5  # the paper's own
        assert printed.PER_CLASS[name][1] == pytest.approx(told[1], abs=slip)
        assert printed.ABLATIONS["HIWL"][name] == printed.PER_CLASS[name][0]
    assert len(printed.BACKBONES) == 10
    for alone, whole, lead in printed.BACKBONES.values():
        assert whole - alone == pytest.approx(lead, abs=1e-9)
    for work, scores in printed.WORKS_PER_CLASS["F1"].items():
        for place, score in enumerate(scores):
            r, p = (printed.WORKS_PER_CLASS[name][work][place] for name in ("recall", "precision"))
            assert score == pytest.approx(2 * r * p / (r + p), abs=2e-4)
    assert {t.name for t in TABLES if t.paper == "ma2023"} == {f"table{n}" for n in range(3, 12)}


def test_numbers_are_those_of_the_runs_matrix():
    truth = np.array([0, 0, 0, 1, 1, 2])
    said = np.array([[0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 0, 3]])  # 3: nothing was said
    tally = Tally.of(truth, said, 3)
    assert tally.value(accuracy) == pytest.approx((5 + 4) / 12)
    assert tally.value(recall(0)) == pytest.approx(5 / 6)
    assert tally.value(precision(0)) == pytest.approx(5 / 6)
    assert (tally.value(precision(2)), tally.value(recall(2))) == (1, 0.5)
    assert tally.value(f1(1)) == pytest.approx(2 * 3 / (4 + 4))
    assert tally.value(average(recall, 3)) == pytest.approx((5 / 6 + 3 / 4 + 1 / 2) / 3)
    found = tally.interval(accuracy)
    assert found.low < found.value < found.high
    same = Tally.of(truth, said, 3).above(tally, accuracy)
    assert same.value == 0
    assert np.isnan([same.low, same.high]).all()  # not one resample differs: that is no certainty
    every = Tally.of(truth, np.array([truth]), 3).share(2, 2)
    assert every.low < every.value == every.high == 1  # Wilson's, of one galaxy


def test_the_interval_holds_for_another_run_as_well():
    truth = np.arange(200) % 2
    found = Tally.of(truth, np.stack([truth, 1 - truth]), 2).interval(accuracy)
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)  # both runs drawn may be the good one


def test_probabilities_come_back_and_damaged_ones_do_not():
    shares = np.array([[[0.25, 0.75], [np.nan, np.nan]]])
    np.testing.assert_array_equal(unpack_shares(pack_shares(shares), 1, 2, 2), shares)
    for wrong in (pack_shares(shares[:, :1]), "AAAA", "not base 64"):
        with pytest.raises(DataError):
            unpack_shares(wrong, 1, 2, 2)


def test_the_verdict_counts_intervals():
    def line(network, low, ours, high):
        return {
            "network": network,
            "arm": "lead",
            "than": "plain, long",
            "ours": ours,
            "low": low,
            "high": high,
        }

    rows = [line("vgg16", 0.01, 0.02, 0.03), line("vit", -0.02, -0.01, -0.005), line("ours", 0, 1, 1)]
    (told,) = verdict(None, rows)
    assert "the interval is above 0 for vgg16, and below 0 for vit" in told
    assert "over 2 networks" in told


def test_the_ten_networks_take_about_four_hours_of_a_core():
    way, hours = module.SETTINGS["cpu"], {}
    for name in way.networks:
        arms = ["plain", "HIWL", *(["plain, long"] if way.networks[name].speed >= way.cheap else [])]
        plan = list(module.cells_of(way, [(name, arm) for arm in arms], (1779, 205), 3, merged="CSS+EO"))
        assert len({str(sorted(cell.items())) for cell in plan}) == len(plan)
        hours[name] = sum(module.seconds_of(cell, way, 700) for cell in plan) / 3600
    assert set(way.networks) - {way.main} == set(printed.BACKBONES)
    assert sum(hours[name] for name in printed.BACKBONES) < 4.5
    paper = module.SETTINGS["paper"]
    settings = paper.of("efficientnet-b1", "stage one", (23031, 3584))
    assert (settings.size, settings.batch, settings.rate, settings.optimiser) == (240, 24, 0.005, "sgd")
    assert settings.seen == 123 * 23031
    assert paper.of("efficientnet-b1", "stage two", (23031, 3584)).seen == 96 * 3584
    assert paper.of("efficientnet-b1", "stage one", (23031, 3584)).smoothing == 0.05
    assert paper.of("efficientnet-b1", "plain, from scratch", (23031, 3584)).start is None
    assert set(paper.networks) == set(printed.BACKBONES)


def test_a_network_that_always_says_the_same_is_named():
    class Said:
        def answers(self, network, arm):
            return {0: np.full(9, 4), 1: np.arange(9) % 5} if (network, arm) == ("vgg16", "plain") else {}

    assert constant_arms(Desk(Said(), module.SETTINGS["cpu"])) == [
        "calls all galaxies the same in a run or more: vgg16 plain"
    ]


def test_without_imagenet_weights_a_network_begins_from_scratch_and_says_so(monkeypatch):
    def nothing(name):
        raise WeightsError("its weights cannot be had", where=name)

    monkeypatch.setattr("tuningfork.encoders.load_encoder", nothing)
    way, lacking = tables.at_hand(module.SETTINGS["paper"], {"vit", "dieleman"})
    assert lacking == ["vit"]
    assert Desk(None, way, lacking).begun("vit") == "from scratch, no ImageNet weights at hand"
    assert Desk(None, way, lacking).begun("dieleman") == "from scratch"
    assert way.of("vit", "stage one", (100, 20)).start is None
    assert way.of("resnet34", "stage one", (100, 20)).start == "timm:resnet34"
