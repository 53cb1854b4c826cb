"""Figure 10 of Fu et al. on made galaxies: the paper's training sets, resumed, with leads and a picture."""

import json

import numpy as np
import pytest

from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.papers import registry
from tuningfork.papers.fu2024 import human_loop
from tuningfork.papers.fu2024.loop_figure import Curve, _area, loop_report
from tuningfork.papers.fu2024.loop_settings import Setting

pytestmark = pytest.mark.training
SMALL = {
    "few": Setting("5 + 5", 2),
    "loop": Setting("5 + 5, then 10 by alpha 0.5", 2, 4, "alpha:alpha=0.5", paper=(("frozen", 0.8895),)),
    "small": Setting("50 + 50", 6, paper=(("scratch", 0.8561),)),
    "big": Setting("1,000 at random", any=20),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(human_loop, "SETTINGS", SMALL)
    monkeypatch.setattr(human_loop, "LENGTHS", {"cpu": {"small": 64}})
    monkeypatch.setattr(human_loop, "NETWORK", "timm:test_resnet")


def make(skies, out, **options):
    given = {"label": "label", "positive": ("edge-on",), "split_column": "part", "seeds": 2, "size": 32}
    table = registry.find_table("fu2024", "human-loop")
    options = {**given, "encoder": ("lvm-tiny:untrained",), **options}
    return table.make((str(skies["survey"]),), out, quiet=True, **options)


def test_the_papers_training_sets_and_the_table_goes_on(skies, small, tmp_path):
    part = make(skies, tmp_path, cells=5)
    assert any("5 of 18 cells are finished" in note for note in part.notes)
    whole = make(skies, tmp_path)
    told = {(line["setting"], line["method"]): line for line in whole.rows}
    assert len(told) == 9
    assert {line["majority"] for line in whole.rows} == {0.5}
    assert all(line["low"] <= line["ours"] <= line["high"] for line in whole.rows)
    assert told["5 + 5, then 10 by alpha 0.5", "mlp"]["paper"] == 0.8895
    assert told["5 + 5, then 10 by alpha 0.5", "mlp"]["images"] == 8
    assert told["50 + 50", "ResNet18"]["paper"] == 0.8561
    assert told["50 + 50", "logistic"]["paper"] is None
    assert told["1,000 at random", "logistic"]["images"] == 20
    assert part.rows[0]["ours"] == told["5 + 5", "logistic"]["ours"]
    assert sum("against 50 + 50 (ResNet18 from scratch)" in note for note in whole.notes) == 2
    assert "the paper (its galaxies)" in (tmp_path / "human-loop.svg").read_text()
    cells = [json.loads(line)["cell"] for line in (tmp_path / "cells.jsonl").read_text().splitlines()]
    assert len(cells) == 18
    assert not list((tmp_path / "training").iterdir())


def test_the_loop_asks_about_training_galaxies_that_it_does_not_know(skies, small, tmp_path):
    task, _ = human_loop._task(
        str(skies["survey"]), tmp_path, "label", ["edge-on"], "part", ["lvm-tiny:untrained"], True
    )
    rows = task.draw(SMALL["few"], 0)
    assert task.truth[rows].sum() == 2
    assert set(rows) <= set(task.draw(SMALL["small"], 0)) <= set(task.train)
    assert set(rows) != set(task.draw(SMALL["few"], 1))
    cell = {"head": "logistic", "seed": 0}
    more = human_loop._recommended(task, cell, SMALL["loop"], rows)
    assert len(set(more)) == 4
    assert not set(more) & (set(rows) | set(task.test))


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"positive": ("spiral",)}, UnknownNameError, "spiral"),
        ({"settings": "quick"}, UnknownNameError, "quick"),
        ({"positive": None}, UsageError, "needs --positive"),
        ({"positive": ("edge-on", "round")}, DataError, "0 training galaxies of one kind"),
    ],
)
def test_what_cannot_be_made_is_said(skies, small, tmp_path, options, kind, said):
    with pytest.raises(kind, match=said):
        make(skies, tmp_path, **options)


def test_the_area_is_average_precision():
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    truth = rng.random(200) < 0.3
    scores = (truth + rng.normal(size=(3, 200))).astype(np.float32)
    told = _area(scores, truth)
    assert told.value == pytest.approx(np.mean([average_precision_score(truth, s) for s in scores]), abs=1e-6)
    assert told.low < told.value < told.high
    curves = [Curve("5 + 5", "mlp", {0: scores[0]}, 10), Curve("5 + 5, then 10", "mlp", {1: scores[1]}, 20)]
    report = loop_report(curves, truth, ())
    assert len(report.rows) == 2
    assert not any("against" in note for note in report.notes)  # no draw is common to both
