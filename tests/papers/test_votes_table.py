"""Votes foretold by folds: a stopped sweep, the mean as baseline, a question without votes."""

import pytest

from tests.papers.votes_made import voted
from tests.tasks.morphology.test_training import QUICK
from tuningfork.errors import CatalogueError, UnknownNameError
from tuningfork.papers.lvm import votes as module
from tuningfork.papers.registry import find_table


def make(collection, out, **options):
    return find_table("lvm", "votes").make([str(collection.path)], out, quiet=True, **options)


@pytest.mark.training
def test_votes_of_all_galaxies_are_judged_and_a_stop_changes_nothing(tmp_path, monkeypatch):
    collection = voted(tmp_path / "in", 60, without="t06_odd")
    monkeypatch.setattr(module, "_FOLDS", 2)
    monkeypatch.setattr(module, "recipe_named", lambda name: QUICK.changed(epochs=12.0, batch=8))
    part = make(collection, tmp_path / "run", cells=1)
    assert any("1 of 2 cells are finished" in note for note in part.notes)
    whole = next(line for line in part.rows if line["question"] == "all")
    assert 0 < whole["galaxies"] < 60
    report = make(collection, tmp_path / "run")
    assert report.shown() == make(collection, tmp_path / "whole").shown()
    rows = {(line["question"], line.get("score")): line for line in report.rows}
    assert rows["all", "MAE"]["galaxies"] == 60
    first = rows["t01_smooth_or_features", "MAE"]
    assert first["ours"] < first["majority"]  # discs and bars are easily told apart
    assert first["lead"] == pytest.approx(first["majority"] - first["ours"])
    assert rows["t10_arms_winding", "MAE"]["galaxies"] == 20
    assert "missing" in rows["t06_odd", None]["name"]
    assert any("counts" in note or "times people" in note for note in report.notes)
    assert report.short()[1]


def test_wrong_calls_are_refused(skies, tmp_path):
    from tuningfork.collection import Collection

    with pytest.raises(UnknownNameError, match="cpu"):
        make(Collection.open(skies["survey"]), tmp_path, settings="cup")
    with pytest.raises(CatalogueError, match="no votes"):
        make(Collection.open(skies["survey"]), tmp_path)
