"""Few labels on two surveys: draws, a stopped sweep, rows beside the paper's."""

from dataclasses import replace

import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.papers.g036 import settings as module
from tuningfork.papers.g036.printed import printed
from tuningfork.papers.g036.survey import open_surveys, sort_sources
from tuningfork.papers.registry import find_table


@pytest.fixture
def tiny(monkeypatch):
    for name in ("cpu", "paper"):
        way = module.SETTINGS[name]
        learning = {"network": "timm:test_resnet", "size": 32, "embed_size": 32, "batch": 8, "epochs": 1}
        tuning = replace(way.tuning, network="timm:test_resnet", size=32, batch=8)
        small = replace(way, instead=learning, tuning=tuning, passes=way.passes // 20, least=32)
        monkeypatch.setitem(module.SETTINGS, name, small)


def make(skies, out, **options):
    sources = [str(skies["pool"]), f"sdss={skies['survey']}:label"]
    return find_table("g036", "few-labels").make(
        sources, out, split_column="part", seeds=1, quiet=True, **options
    )


@pytest.mark.training
def test_a_table_that_was_stopped_ends_as_the_whole_one(skies, tiny, tmp_path):
    part = make(skies, tmp_path / "run", cells=5)
    assert any("5 of 12 cells are finished" in note for note in part.notes)
    report = make(skies, tmp_path / "run")
    assert report.rows == make(skies, tmp_path / "whole").rows
    assert not list((tmp_path / "run").rglob("*.ckpt"))
    rows = {(r["survey"], r["per_class"], r["method"], r["score"]): r for r in report.rows}
    assert len(rows) == 2 * 5 * 2
    first = rows["sdss", 3, "simclr", "macro-F1"]
    assert (first["paper"], first["seeds"]) == (0.189, 1)
    base = rows["sdss", 3, "from scratch", "macro-F1"]
    assert first["lead"] == pytest.approx(first["ours"] - base["ours"])
    assert base["lead"] is None
    assert rows["sdss", "all", "autoencoder", "accuracy"]["paper"] == 0.877
    assert rows["sdss", 3, "simclr, frozen", "macro-F1"]["paper"] is None
    assert any("300 per class is left out" in note for note in report.notes)
    assert "from scratch" in (tmp_path / "run" / "sdss.svg").read_text()


def test_draws_lie_within_each_other_and_short_classes_are_repeated(skies):
    judged = [("sdss", str(skies["survey"]), None)]
    (survey,) = open_surveys(judged, "label", "part", quiet=True)
    three, nine, many = (survey.draw(n, seed=1)[0] for n in (3, 9, 30))
    assert set(three) < set(nine) < set(survey.train)
    assert not set(many) & set(survey.test)
    for name in survey.classes:
        assert (survey.labels[three] == name).sum() == 3
        members = many[survey.labels[many] == name]
        assert len(members) == 30
        assert len(set(members)) == (survey.labels[survey.train] == name).sum()
    assert sorted(survey.draw(0, seed=1)[0]) == sorted(survey.train)
    assert set(survey.draw(3, seed=2)[0]) != set(three)
    for n, away in ((3, 2), (9, 2), (0, 2)):
        rows, held_out = survey.draw(n, seed=1, held_out=0.125)
        assert len(held_out) == away
        assert not set(rows) & set(held_out)
        assert len(set(survey.labels[held_out])) == 2
    assert survey.images((3, 12, 30, 0)) == {3: 6, 12: 24, 0: 24}


def test_sources_are_told_apart():
    pool, judged = sort_sources(["a", "sdss=b:kind", "x=s3://bucket/c", "y=c/d"])
    assert pool == ["a"]
    assert judged == [("sdss", "b", "kind"), ("x", "s3://bucket/c", None), ("y", "c/d", None)]
    for wrong in (["a"], ["sdss=b"], ["a", "sdss=b", "sdss=c"], ["a", "../sdss=b"], ["a", "=b"]):
        with pytest.raises(UsageError):
            sort_sources(wrong)


def test_wrong_calls_are_refused_before_any_work(skies, tmp_path):
    with pytest.raises(UnknownNameError, match="cpu"):
        make(skies, tmp_path / "run", settings="cup")
    sources = [str(skies["pool"]), f"sdss={skies['survey']}:lable"]
    with pytest.raises(UnknownNameError, match="label"):
        find_table("g036", "few-labels").make(sources, tmp_path / "run", quiet=True)
    pat = {"split_column": "pat", "quiet": True}
    with pytest.raises(UnknownNameError, match="part"):
        find_table("g036", "few-labels").make(
            [str(skies["pool"]), f"x={skies['survey']}"], tmp_path / "run", **pat
        )
    assert not (tmp_path / "run").exists()


def test_the_papers_numbers_are_those_of_its_tables():
    assert printed("sdss", "from scratch", 0, "accuracy") == 0.801
    assert printed("decals", "simclr", 3, "macro-F1") == 0.055
    assert printed("elsewhere", "simclr", 3, "macro-F1") is None


@pytest.mark.training
def test_the_papers_settings_stop_early(skies, tiny, tmp_path):
    report = make(skies, tmp_path / "run", settings="paper", cells=3)  # the first that is from scratch
    assert [row["method"] for row in report.rows] == ["from scratch"] * 2
    assert any("stopped early by the macro-F1 of 12% more" in note for note in report.notes)


def test_every_cell_stands_once_and_the_cpu_twin_is_a_matter_of_hours():
    way, images = module.SETTINGS["cpu"], {3: 15, 30: 150, 300: 1500, 0: 2001}
    surveys = [("sdss", "x", images), ("decals", "y", {3: 6, 30: 60, 0: 257})]
    cells = list(module.cells_of(way, surveys, 3, "z"))
    assert len({str(sorted(cell.items())) for cell in cells}) == len(cells) == 3 * (2 + 7 * 5)
    assert sum(module.seconds_of(cell, way, 15_304) for cell in cells) < 5 * 3600
