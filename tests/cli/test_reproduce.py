"""``tuningfork reproduce`` from the command line."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tuningfork.errors import UsageError
from tuningfork.papers.registry import TABLES


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_missing_package_is_said_before_anything_is_made(tuningfork, tmp_path, monkeypatch, table):
    lacking = (*table.needs, *table.encoders_need)[-1]
    monkeypatch.setitem(sys.modules, lacking, None)
    ran = tuningfork("reproduce", table.paper, table.name, "nowhere", "--out", str(tmp_path / "run"))
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert f"{lacking} is not installed" in ran.err
    assert "pip install" in ran.err
    assert not (tmp_path / "run").exists()


def test_without_arguments_it_lists_the_tables(tuningfork):
    ran = tuningfork("reproduce", "--json")
    assert ran.code == 0, ran.err
    assert all(set(each) == {"paper", "table", "what", "hours"} for each in ran.json["tables"])
    assert "hours on 2 cores" in tuningfork("reproduce").out


def test_unknown_papers_and_tables_get_the_nearest(tuningfork):
    assert tuningfork("reproduce", "nobody1900", "x").code == 2


def test_options_reach_the_table_and_its_folder_is_the_usual_one(tuningfork, monkeypatch):
    asked = {}

    def make(sources, out, **options):
        asked.update(options, sources=list(sources), out=str(out))
        raise UsageError("enough")

    table = SimpleNamespace(usual_out=Path("runs/fu2024-few-shot"), make=make)
    monkeypatch.setattr("tuningfork.papers.registry.find_table", lambda paper, name: table)
    ran = tuningfork("reproduce", "fu2024", "few-shot", "a", "b", "--cells", 2, "--minutes", 3, "--seeds", 1)
    assert (ran.code, ran.err) == (2, "enough\n")
    assert (asked["sources"], asked["out"]) == (["a", "b"], "runs/fu2024-few-shot")
    assert [asked[name] for name in ("cells", "minutes", "seeds", "hiwl")] == [2, 3, 1, None]
