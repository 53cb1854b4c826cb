"""The ablation sweep on made galaxies: who is kept away, what a stopped sweep does, what the table says."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tuningfork.collection import Collection
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.evaluation import features as features_module
from tuningfork.papers.answers import pack, unpack
from tuningfork.papers.apart import gather
from tuningfork.papers.lvm import ablation, arms
from tuningfork.papers.registry import find_table

KEPT = ("majority", "measurements", "untrained", "masked, skips none", "simclr, ResNet-10")


@pytest.fixture
def tiny(monkeypatch):
    """Few arms, a narrow network, one epoch."""
    narrow = {"width": 16, "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4)}
    monkeypatch.setitem(SHAPES, "lvm-nano", replace(SHAPES["lvm-nano"], **narrow))
    few = tuple(
        replace(arm, network="timm:test_resnet") if arm.network else arm
        for arm in arms.ARMS
        if arm.name in KEPT
    )
    monkeypatch.setattr(arms, "ARMS", few)
    monkeypatch.setattr(ablation, "ARMS", few)
    monkeypatch.setitem(arms.SETTINGS, "cpu", arms.Budget(seen=24, size=32, batch=8))
    monkeypatch.setattr(features_module, "DRAWS", 2)


def make(skies, out, **options):
    return find_table("lvm", "ablation").make(
        [str(skies["pool"])],
        out,
        judge=str(skies["survey"]),
        label="label",
        split_column="part",
        seeds=2,
        quiet=True,
        **options,
    )


@pytest.mark.training
def test_a_sweep_that_was_stopped_ends_with_the_same_table(skies, tiny, tmp_path):
    part = make(skies, tmp_path / "run", cells=4)
    assert any("4 of 8 cells are finished" in note for note in part.notes)
    (masked,) = (tmp_path / "run" / "cells").iterdir()
    weights = (masked / "weights.safetensors").stat().st_mtime_ns
    report = make(skies, tmp_path / "run")
    assert (masked / "weights.safetensors").stat().st_mtime_ns == weights
    assert not list((tmp_path / "run").rglob("*.ckpt"))
    whole = make(skies, tmp_path / "whole")
    assert report.rows == whole.rows
    assert Counter(row["name"] for row in report.rows) == dict.fromkeys(KEPT, 6)
    values = {(row["name"], row["probe"], row["score"]): row for row in report.rows}
    assert values["measurements", "linear", "accuracy"]["ours"] > 0.9  # the axis ratio tells them apart
    assert values["masked, skips none", "linear", "accuracy"]["seeds"] == 2
    assert values["majority", "knn", "accuracy"]["ours"] == values["untrained", "knn", "accuracy"]["majority"]
    assert "masked, skips none" in (tmp_path / "run" / "macro-f1.svg").read_text()


def test_judged_galaxies_and_their_twins_are_kept_away(skies, survey, tmp_path):
    rows = np.flatnonzero(np.array(survey.catalogue(["part"])["part"].to_pylist()) == "val")
    collections = [Collection.open(skies["pool"]), survey]
    pool = gather(collections, [(survey, rows)], tmp_path, quiet=True)
    assert pool.kept_away[0] == {"pool3", "pool4"}
    assert pool.kept_away[1] == set(survey.ids(rows))
    assert len(pool) == 22 + 24
    kept = Path(tmp_path / "kept_away.json").stat().st_mtime_ns
    assert gather(collections, [(survey, rows)], tmp_path, quiet=True).key == pool.key
    assert Path(tmp_path / "kept_away.json").stat().st_mtime_ns == kept
    assert gather(collections, [(survey, rows[:4])], tmp_path, quiet=True).key != pool.key


def test_every_arm_is_a_cell_for_every_seed():
    cells = list(arms.cells_of(arms.SETTINGS["cpu"], 15_000, 3))
    assert len({str(cell) for cell in cells}) == len(cells) == 3 * len(arms.ARMS) - 4
    assert {cell["epochs"] for cell in cells} == {2}
    assert sum(arms.seconds_of(cell, arms.SETTINGS["cpu"], 15_000) for cell in cells) / 3600 < 6.5
    skips = Counter(cell["objective"] for cell in cells if cell.get("skips") == "gated")
    assert set(skips.values()) == {3}
    assert set(skips) == {"reconstruction", "masked", "degraded", "contrastive+reconstruction"}


def test_answers_come_back_as_they_were():
    said = np.array([["EO", "SPI", "EO"], ["SPI", "SPI", "CRS"]], dtype=object)
    text = pack(said, ["CRS", "EO", "SPI"])
    np.testing.assert_array_equal(unpack(text, ["CRS", "EO", "SPI"], 3), said)
    for classes, galaxies in ((["CRS", "EO"], 3), (["CRS", "EO", "SPI"], 4)):
        with pytest.raises(DataError, match="not of these galaxies"):
            unpack(text, classes, galaxies)


def test_wrong_calls_are_refused_before_any_work(skies, tmp_path):
    with pytest.raises(UnknownNameError, match="cpu"):
        make(skies, tmp_path / "run", settings="cqu")
    with pytest.raises(UsageError, match="no collections"):
        find_table("lvm", "ablation").make([], tmp_path / "run", judge=str(skies["survey"]), label="label")
    assert not (tmp_path / "run").exists()
