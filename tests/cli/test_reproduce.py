"""``tuningfork reproduce`` from the command line."""

import sys

import pytest

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
