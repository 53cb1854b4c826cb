"""Figure 5 of Fu et al. on made shapes: the same draws for all, resumed, with leads and a picture."""

import csv
import json

import cv2
import numpy as np
import pytest

from tuningfork.collection import create_collection
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.papers import registry
from tuningfork.papers.fu2024 import few_shot
from tuningfork.papers.fu2024.figure import Curve, few_shot_report

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """70 ellipses and discs of 40 pixels, 30 of them to judge on."""
    root, rng = tmp_path_factory.mktemp("few"), np.random.default_rng(0)
    rows = []
    for number in range(70):
        picture = rng.normal(20, 6, (40, 40, 3)).clip(0, 255).astype(np.uint8)
        axes = (14, 3) if number % 2 else (7, 7)
        cv2.ellipse(picture, (20, 20), axes, rng.uniform(0, 180), 0, 360, (90, 120, 150), -1)
        cv2.imwrite(str(root / f"g{number:02d}.png"), picture)
        part, kind = ("train", "val")[number >= 40], ("disc", "ellipse")[number % 2]
        rows.append({"id": f"g{number:02d}", "file": f"g{number:02d}.png", "kind": kind, "part": part})
    with (root / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    create_collection(root, root.parent / "few-collection", catalogue=root / "catalogue.csv", quiet=True)
    return str(root.parent / "few-collection")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(few_shot, "PER_CLASS", (5, "all"))
    monkeypatch.setattr(few_shot, "LENGTHS", {"cpu": (32, 64)})
    monkeypatch.setattr(few_shot, "SCRATCH", {"Little": few_shot._Scratch("timm:test_resnet", 1e-3)})


def make(shapes, out, **options):
    given = {"label": "kind", "split_column": "part", "encoder": ("lvm-tiny:untrained",), "seeds": 2}
    table = registry.find_table("fu2024", "few-shot")
    return table.make((shapes,), out, quiet=True, **{**given, "size": 32, **options})


def test_every_method_gets_the_same_images_and_the_table_goes_on(shapes, small, tmp_path):
    part = make(shapes, tmp_path, cells=4)
    assert [line["per_class"] for line in part.rows] == ["5", "all"]
    assert any("4 of 8 cells are finished" in note for note in part.notes)
    whole = make(shapes, tmp_path)
    assert {line["name"] for line in whole.rows} == {
        f"{method}, {n}"
        for method in ("lvm-tiny:untrained, frozen", "Little, from scratch")
        for n in ("5 per class", "all images")
    }
    assert [line["images"] for line in whole.rows] == [10, 40, 10, 40]
    assert all(line["low"] <= line["ours"] <= line["high"] for line in whole.rows)
    assert {line["majority"] for line in whole.rows} == {0.5}
    frozen = {line["name"]: line["ours"] for line in part.rows}
    assert {line["name"]: line["ours"] for line in whole.rows[:2]} == frozen
    assert sum("against Little, the best from scratch" in note for note in whole.notes) == 2
    assert "Little, from scratch" in (tmp_path / "few-shot.svg").read_text()
    cells = [json.loads(line)["cell"] for line in (tmp_path / "cells.jsonl").read_text().splitlines()]
    assert len(cells) == 8
    assert not list((tmp_path / "training").iterdir())  # checkpoints are large


def test_methods_without_a_common_draw_have_no_lead():
    said = np.array(["disc", "ellipse"], dtype=object)
    ours = Curve("ours", True, {5: {0: said}}, {5: 10})
    other = Curve("other", False, {5: {1: said}}, {5: 10})
    report = few_shot_report([ours, other], said.astype(str), 0.5, ())
    assert len(report.rows) == 2
    assert not any("best from scratch" in note for note in report.notes)


def test_draws_are_nested_and_of_their_seed(shapes, small):
    labels = np.array(["a", "b"] * 20, dtype=object)
    task = few_shot._Task(None, np.arange(30), np.arange(30, 40), labels, None, True)
    few, more, other = task.draw(5, 0), task.draw(8, 0), task.draw(5, 1)
    assert set(few) < set(more)
    assert set(few) != set(other)
    assert sorted(labels[few]) == ["a"] * 5 + ["b"] * 5
    assert len(task.draw("all", 0)) == len(task.draw(100, 0)) == 30


def test_wrong_calls_are_refused(shapes, small, tmp_path):
    with pytest.raises(UsageError, match="needs --label"):
        registry.find_table("fu2024", "few-shot").make((shapes,), tmp_path)
    with pytest.raises(UsageError, match="one labelled collection"):
        registry.find_table("fu2024", "few-shot").make((), tmp_path, label="kind")
    with pytest.raises(UnknownNameError, match="cpu"):
        make(shapes, tmp_path, settings="cpo")
    with pytest.raises(UnknownNameError, match="kind"):
        make(shapes, tmp_path, label="kin")
