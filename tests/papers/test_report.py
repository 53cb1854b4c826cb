"""The files of a table, and its pictures."""

import csv
import itertools
from xml.etree import ElementTree

import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.evaluation import Interval
from tuningfork.papers import registry
from tuningfork.papers.plot import Point, Series, dot_plot, line_plot
from tuningfork.papers.report import Report, row

SVG = "{http://www.w3.org/2000/svg}"


def made(sources, out, *, label: str, seeds: int = 3, quiet: bool = False) -> Report:
    """A table of two rows."""
    rows = [
        row("one | <two>\nthree", Interval(0.51234, 0.4, 0.6), paper=0.5, majority=0.3, seeds=seeds),
        row(label, Interval(0.9, float("nan"), float("nan"))),
    ]
    return Report("A <table>", rows, ("It is made up.",), {"plot.svg": "<svg/>"})


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(registry.Table, "run", property(lambda self: made))
    made_up = registry.Table("nobody2000", "table-1", "nowhere", "Made up", "0")
    monkeypatch.setattr(registry, "TABLES", (*registry.TABLES, made_up))
    return registry.find_table("nobody2000", "table-1")


def test_rows_come_out_as_csv_and_markdown(table, tmp_path):
    table.make((), tmp_path / "run", label="spiral")
    lines = list(csv.DictReader((tmp_path / "run" / "table.csv").open()))
    assert list(lines[0]) == ["name", "paper", "ours", "low", "high", "majority", "seeds"]
    assert (lines[0]["ours"], lines[1]["paper"], lines[1]["low"]) == ("0.51234", "", "")
    text = (tmp_path / "run" / "table.md").read_text()
    assert "| one \\| &lt;two&gt; three | 0.500 | 0.512 | 0.400 | 0.600 | 0.300 | 3 |" in text
    assert "- It is made up." in text
    assert (tmp_path / "run" / "plot.svg").read_text() == "<svg/>"


def test_an_option_that_the_table_does_not_know_is_refused(table, tmp_path):
    with pytest.raises(UsageError, match=r"nobody2000 table-1 knows no --split-column\. It knows --label"):
        table.make((), tmp_path, label="spiral", split_column="split")
    with pytest.raises(UsageError, match="needs --label"):
        table.make((), tmp_path)


def test_unknown_names_get_the_nearest(table):
    with pytest.raises(UnknownNameError, match="nobody2000"):
        registry.find_table("nobdy2000", "table-1")
    with pytest.raises(UnknownNameError, match="table-1"):
        registry.find_table("nobody2000", "table-l")


def test_rows_of_one_name_are_told_apart_on_a_terminal():
    rows = [row("ours", Interval(v, 0, 1), score=s, kind="a") for v, s in ((0.1, "accuracy"), (0.2, "F1"))]
    columns, shown = Report("t", rows).short()
    assert columns == ["name", "score", "ours", "95 %"]
    assert [line[:3] for line in shown] == [["ours", "accuracy", 0.1], ["ours", "F1", 0.2]]


@pytest.mark.parametrize("value", [0.5, 0.0, -0.2])
def test_a_table_that_has_only_begun_has_pictures(value):
    baseline = ("majority", value)
    for svg in (
        line_plot([], [], title="t", x_label="x", y_label="y", baseline=baseline),
        dot_plot([], [], title="t", x_label="x", baseline=baseline),
    ):
        assert "majority" in "".join(ElementTree.fromstring(svg).itertext())


def points(*values):
    return [Point(x, v, v - 0.05, v + 0.05) for x, v in enumerate(values)]


def test_lines_hold_their_points_and_their_names_do_not_meet():
    series = [
        Series("a & <b>", points(0.5, 0.6)),
        Series("c", points(0.4, 0.601)),
        Series("d", points(0.4, 0.6)),
    ]
    svg = line_plot(series, ["10", "all"], title="T", x_label="x", y_label="y", baseline=("majority", 0.3))
    drawn = ElementTree.fromstring(svg)
    assert len(drawn.findall(f"{SVG}polyline")) == 3
    texts = {t.text: float(t.get("y")) for t in drawn.iter(f"{SVG}text")}
    assert {"a & <b>", "majority", "10", "all", "0.4"} <= set(texts)
    ends = sorted(texts[name] for name in ("a & <b>", "c", "d"))
    assert min(b - a for a, b in itertools.pairwise(ends)) >= 15.9
    circles = [float(c.get("cy")) for c in drawn.iter(f"{SVG}circle") if c.find(f"{SVG}title") is not None]
    assert circles[0] > circles[1]  # higher values stand higher


def test_a_missing_value_leaves_a_gap():
    svg = dot_plot(
        [
            ("one", [points(0.5)[0], None]),
            ("two", [Point(0, 0.7, float("nan"), float("nan")), points(0.6)[0]]),
        ],
        ["accuracy", "macro-F1"],
        title="T",
        x_label="score",
    )
    drawn = ElementTree.fromstring(svg)
    assert len(list(drawn.iter(f"{SVG}title"))) == 3
    assert "nan" not in "".join(str(e.attrib) for e in drawn.iter())
